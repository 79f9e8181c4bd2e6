import { describe, expect, it } from '@jest/globals';
import { serverMessage } from '../connectors/http/error-message.js';
import { retryAfterSeconds, retryDelay } from '../connectors/http/retry-policy.js';
import {
  latestMark,
  markMicroseconds,
  nearNames,
  nearNamesText,
  normaliseMark,
  redactPatterns,
  TitanRdmClient,
  type TitanRdmClientOptions,
  titanErrorCodes,
} from '../connectors/titanrdm/index.js';
import { titanRdmClientOptionsSchema } from '../connectors/titanrdm/options.js';
import { storeMessage } from '../connectors/titanrdm/store-message.js';
import { TokenSource, usableSeconds } from '../connectors/titanrdm/token.js';

describe('the delay before the next try', () => {
  const settings = { limit: 4, firstDelayMs: 100, maxDelayMs: 500 };
  const ask = (question: Partial<Parameters<typeof retryDelay>[0]>) =>
    retryDelay({ attempt: 1, retryable: true, retryAfterSeconds: undefined, settings, random: 1, ...question });

  it.each([
    ['the first delay', {}, 100],
    ['it is doubled each time', { attempt: 3 }, 400],
    ['it never exceeds the longest', { attempt: 4 }, 500],
    ['chance takes away up to a half', { attempt: 3, random: 0 }, 200],
    ['there is none after the last try', { attempt: 5 }, undefined],
    ['there is none for a final error', { retryable: false }, undefined],
    ['a Retry-After is the least that is waited', { retryAfterSeconds: 0.4 }, 400],
    ['a short Retry-After does not shorten the own delay', { attempt: 3, retryAfterSeconds: 0 }, 400],
    ['a Retry-After beyond the longest delay is not waited for', { retryAfterSeconds: 0.501 }, undefined],
  ])('%s', (_name, question, expected) => expect(ask(question)).toBe(expected));
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['120', undefined, 120],
    ['0', undefined, 0],
    [' 1.5 ', undefined, 1.5],
    ['Thu, 01 Jan 2026 00:00:30 GMT', undefined, 30],
    ['Wed, 31 Dec 2025 23:00:00 GMT', undefined, 0],
    ['Thu, 01 Jan 2026 05:00:30 GMT', 'Thu, 01 Jan 2026 05:00:00 GMT', 30],
    ['soon', undefined, undefined],
    ['', undefined, undefined],
    [undefined, undefined, undefined],
  ])('%j with the server at %j is %j seconds', (header, serverDate, expected) =>
    expect(retryAfterSeconds(header, serverDate, now)).toBe(expected),
  );
});

describe('weakness 8: the life of a token', () => {
  it.each([
    [7_200, 6_900],
    [3_600, 3_300],
    [600, 540],
    [300, 270],
    [10, 9],
  ])('a token of %d s is used for %d s', (expiresIn, usable) => expect(usableSeconds(expiresIn)).toBe(usable));

  it('it is measured from before the request, by a clock that nobody sets', async () => {
    let now = 0;
    let fetched = 0;
    const tokens = new TokenSource(
      () => {
        now += 5_000;
        fetched += 1;
        return Promise.resolve({ token: `t${fetched}`, expiresIn: 100 });
      },
      () => now,
    );
    expect(await tokens.get()).toBe('t1');
    now = 89_999;
    expect(await tokens.get()).toBe('t1');
    now = 90_000;
    expect(await tokens.get()).toBe('t2');
  });

  it('a refused token that another caller has replaced already is not replaced again', async () => {
    let fetched = 0;
    const tokens = new TokenSource(() => Promise.resolve({ token: `t${++fetched}`, expiresIn: 100 }));
    const old = await tokens.get();
    tokens.reject(old);
    expect(await tokens.get()).toBe('t2');
    tokens.reject(old);
    expect(await tokens.get()).toBe('t2');
  });

  it('a failed request is not remembered', async () => {
    let tries = 0;
    const tokens = new TokenSource(() =>
      ++tries === 1 ? Promise.reject(new Error('down')) : Promise.resolve({ token: 'good', expiresIn: 100 }),
    );
    await expect(Promise.all([tokens.get(), tokens.get()])).rejects.toThrow('down');
    expect(await tokens.get()).toBe('good');
    expect(tries).toBe(2);
  });

  it('the request is stopped when nobody waits for it any more', async () => {
    const signals: AbortSignal[] = [];
    const tokens = new TokenSource((signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    const stop = new AbortController();
    const waiting = tokens.get(stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('weakness 36: what a refusal says', () => {
  it.each([
    ['{"message":"No such branch"}', 'No such branch'],
    ['{"message":null,"error":"x"}', 'x'],
    ['{"message":" ","errors":["a"]}', 'a'],
    ['{"error":"x","error_description":"y"}', 'x: y'],
    ['{"error":"x"}', 'x'],
    ['{"error":"Invalid","errors":["a","b"]}', 'Invalid: a; b'],
    ['{"errors":["a","b"]}', 'a; b'],
    ['{"errors":"just text"}', 'just text'],
    [
      '{"errors":{"name":["is taken","is long"],"branch_id":"is missing"}}',
      'name: is taken; is long; branch_id: is missing',
    ],
    ['{"errors":[{"message":"a"},{"detail":"b"},{"field":"c"}]}', 'a; b; field: c'],
    ['{"error":{"message":"inner","code":5}}', 'inner'],
    ['{"status":"bad"}', '{"status":"bad"}'],
    ['"a text"', 'a text'],
    ['null', 'null'],
    ['two\nlines', 'two lines'],
    ['<!doctype html><html><head><title>502 Bad Gateway</title></head><body>long</body>', '502 Bad Gateway'],
    ['<html><body>no title</body></html>', 'HTTP 418'],
    ['', 'HTTP 418'],
  ])('%s is read as %s', (body, expected) => expect(serverMessage(418, body)).toBe(expected));

  it('a long text is cut', () => {
    const text = serverMessage(500, 'x'.repeat(10_000));
    expect(text).toHaveLength(500);
    expect(text.endsWith('… [cut]')).toBe(true);
  });

  it('of the XML of a file store only code and message are taken', () => {
    const xml =
      '<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><Message>No match</Message><StringToSign>AKIA</StringToSign></Error>';
    expect(storeMessage(403, xml)).toBe('SignatureDoesNotMatch: No match');
    expect(storeMessage(403, 'plain')).toBe('plain');
  });
});

describe('a high watermark', () => {
  it.each([
    ['2026-09-09T00:00:00Z', '2026-09-09T00:00:00+00:00'],
    ['2026-09-09T00:00:00', '2026-09-09T00:00:00+00:00'],
    ['2026-09-09', '2026-09-09T00:00:00+00:00'],
    ['2026-09-09T19:00:00+10:00', '2026-09-09T19:00:00+10:00'],
    ['2026-09-09T19:00:00-0330', '2026-09-09T19:00:00-03:30'],
    ['2026-09-09 19:00', '2026-09-09T19:00:00+00:00'],
    ['2026-09-09t19:00:00.1234567z', '2026-09-09T19:00:00.123456+00:00'],
    ['  2026-09-09T19:00:00,5+01  ', '2026-09-09T19:00:00.5+01:00'],
    ['2024-02-29', '2024-02-29T00:00:00+00:00'],
  ])('%s is sent as %s', (given, sent) => expect(normaliseMark(given)).toBe(sent));

  it('weakness 35: the two-digit offset of the high date is understood', () => {
    expect(normaliseMark('9999-12-31T00:00:00+00')).toBe('9999-12-31T00:00:00+00:00');
  });

  it('a Date is taken as its instant', () => {
    expect(normaliseMark(new Date(0))).toBe('1970-01-01T00:00:00.000+00:00');
  });

  it.each([
    '',
    ' ',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-01-01T25:00:00Z',
    '2026-01-01T10:60Z',
    '2026-01-01T10:00:00+25:00',
    '20260101',
    new Date(Number.NaN),
  ])('%j is TITAN_BAD_MARK', (given) =>
    expect(() => normaliseMark(given)).toThrow(expect.objectContaining({ code: 'TITAN_BAD_MARK', retryable: false })),
  );

  it('weakness 33: the latest of several is found across offsets and to the microsecond', () => {
    const marks = ['2026-01-01T12:00:00.000001+00', '2026-01-01T22:00:00.000002+10:00', '2026-01-01T11:59:59Z'];
    expect(latestMark(marks)).toBe('2026-01-01T22:00:00.000002+10:00');
    expect(latestMark([])).toBeNull();
    expect(markMicroseconds('1970-01-01T00:00:00.000001Z')).toBe(1n);
  });
});

describe('near names', () => {
  it.each([
    ['Custmers', ['Customers', 'Suppliers'], ['Customers']],
    ['customers', ['Customers', 'CUSTOMERS '], ['CUSTOMERS ', 'Customers']],
    ['cust_orders', ['Cust Orders', 'orders'], ['Cust Orders', 'orders']],
    ['ab', ['ba', 'xyz'], ['ba']],
    ['airports', ['zip codes', 'countries'], []],
  ])('of %j among %j are %j', (wanted, names, expected) => expect(nearNames(wanted, names)).toEqual(expected));

  it('are at most five', () => {
    expect(
      nearNames(
        'table',
        Array.from({ length: 9 }, (_, i) => `table${i}`),
      ),
    ).toHaveLength(5);
  });

  it('are told, or else what there is', () => {
    expect(nearNamesText('Custmers', ['Customers'])).toBe('Near names: "Customers".');
    expect(nearNamesText('x', [])).toBe('There are none.');
    expect(
      nearNamesText(
        'nothing',
        Array.from({ length: 12 }, (_, i) => `${i}`),
      ),
    ).toMatch(/^There are: "0".*and 2 more\.$/u);
  });
});

describe('redaction', () => {
  it.each([
    ['GET https://user:pw@host/x', 'GET https://host/x'],
    ['see https://docs.example/page', 'see https://docs.example/page'],
    ['PUT https://b.example/k.csv?X-Amz-Signature=a&b=c failed', 'PUT https://b.example/[redacted] failed'],
    ['/files/1?sig=abc&x=1', '/files/1?sig=[redacted]&x=1'],
    ['X-Amz-Credential=AKIA/2026', 'X-Amz-Credential=[redacted]'],
    ['Authorization: Bearer a.b-c', 'Authorization: Bearer [redacted]'],
    ['{"signed_s3_url": "x", "id": 1}', '{"signed_s3_url":"[redacted]", "id": 1}'],
    ['nothing to hide', 'nothing to hide'],
  ])('%s becomes %s', (text, clean) => expect(redactPatterns(text)).toBe(clean));
});

describe('options of a connection', () => {
  const good = { url: 'https://acme.titanrdm.com//', clientId: 'c', clientSecret: 's3cret-value' };

  it('have defaults, and the address loses its trailing slashes', () => {
    expect(titanRdmClientOptionsSchema.parse(good)).toEqual({
      url: 'https://acme.titanrdm.com',
      clientId: 'c',
      clientSecret: 's3cret-value',
      timeouts: { connectMs: 10_000, requestMs: 30_000, completeMs: 300_000, transferIdleMs: 300_000 },
      retry: { limit: 5, firstDelayMs: 500, maxDelayMs: 30_000 },
      maxFileBytes: 100_000_000,
      pageSize: 100,
      userAgent: 'tidemark',
    });
  });

  it.each([
    ['a missing secret', { clientSecret: undefined }, 'clientSecret'],
    ['an empty client id', { clientId: '' }, 'clientId'],
    ['an address without a scheme', { url: 'acme.titanrdm.com' }, 'url'],
    ['another scheme', { url: 'ftp://acme' }, 'url'],
    ['an address with a password', { url: 'https://u:s3cret-value@acme' }, 'url'],
    ['an unknown key', { clientSercet: 's3cret-value' }, 'clientSercet'],
    ['an unknown timeout', { timeouts: { requestMS: 5 } }, 'timeouts'],
    ['a negative limit', { retry: { limit: -1 } }, 'retry.limit'],
  ])('%s is TITAN_BAD_OPTIONS, which names the option and not its value', (_what, wrong, named) => {
    // Wrong on purpose: what a configuration file may hold is not what the type says.
    const options = { ...good, ...wrong } as TitanRdmClientOptions;
    const error = thrownBy(() => new TitanRdmClient(options));
    expect(error).toMatchObject({ code: 'TITAN_BAD_OPTIONS', retryable: false });
    expect(error.message).toContain(named);
    expect(error.message).not.toContain('s3cret-value');
  });
});

describe('the catalogue of errors', () => {
  it('says of each code what it means and what to do', () => {
    for (const entry of Object.values(titanErrorCodes)) {
      expect(entry.meaning).toMatch(/\.$/u);
      expect(entry.mend.length).toBeGreaterThan(10);
    }
  });
});

function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected an error');
}
