import { cutText, type TidemarkError } from '../../contracts/errors.js';
import type { Api } from './api.js';
import { type Chunks, watched } from './chunks.js';
import { openFile, type OpenedFile } from './download-file.js';
import { storeMessage } from './store-message.js';
import { codeOfStatus, titanError } from './errors.js';
import { getExport } from './exports.js';
import { joinFiles } from './join-files.js';
import type { Redactor } from '../http/redact.js';
import { askedDelay, isSuccess } from '../http/reply.js';
import { withRetries } from '../http/retry.js';
import { type Export, exportState } from './schema.js';
import { unpacked } from './unpack.js';

type Id = number | string;

export interface DownloadOptions {
  signal?: AbortSignal;
  /** Bytes as they came over the network, all files together. */
  onProgress?: (bytesReceived: number) => void;
}

/** One download: opens the files of an export one after another, renews addresses, counts, and checks at the end. */
export class ExportDownload {
  readonly #api: Api;
  readonly #id: Id;
  readonly #options: DownloadOptions;
  readonly #signal: AbortSignal;
  #export: Export | undefined;
  /** Bytes as received, and after unpacking: an export may announce either. */
  #received = 0;
  #unpacked = 0;

  constructor(api: Api, id: Id, options: DownloadOptions, signal: AbortSignal) {
    this.#api = api;
    this.#id = id;
    this.#options = options;
    this.#signal = signal;
  }

  /** Opens one file; undefined when the export has none. An address that is not accepted any more is renewed once. */
  async open(index: number): Promise<OpenedFile | undefined> {
    const what = `download of export ${this.#id}`;
    return await withRetries(this.#api.retryContext(what, this.#signal), async () => {
      let file = await this.#openCurrent(index, what);
      if (file !== undefined && isExpired(file.status)) {
        await file.text();
        this.#export = undefined;
        file = await this.#openCurrent(index, what);
      }
      if (file === undefined || isSuccess(file.status)) return file;
      throw await this.#refused(file, what);
    });
  }

  /** All files as one, checked at the end. */
  async bytes(first: OpenedFile | undefined): Promise<AsyncGenerator<Buffer>> {
    const count = addressesOf(await this.#current()).length;
    return joinFiles(this.#files(first, count), count);
  }

  async *#files(first: OpenedFile | undefined, count: number): AsyncGenerator<Chunks> {
    for (let index = 0; index < count; index++) {
      const file = index === 0 ? first : await this.open(index);
      if (file === undefined) break;
      const received = watched(file.chunks(), (chunk) => {
        this.#received += chunk.length;
        this.#options.onProgress?.(this.#received);
      });
      yield watched(await unpacked(received, `download of export ${this.#id}`), (chunk) => {
        this.#unpacked += chunk.length;
      });
    }
    this.#checkWhole(await this.#current(), count);
  }

  async #openCurrent(index: number, what: string): Promise<OpenedFile | undefined> {
    const address = addressesOf(await this.#current())[index];
    if (address === undefined) return undefined;
    const url = URL.canParse(address, this.#api.settings.url) ? new URL(address, this.#api.settings.url) : undefined;
    if (url === undefined || !/^https?:$/u.test(url.protocol)) {
      throw titanError('TITAN_UNEXPECTED_REPLY', `The ${what} has an address that is neither http nor https`);
    }
    return await openFile(this.#api, url, what, this.#signal);
  }

  async #current(): Promise<Export> {
    this.#export ??= readable(await getExport(this.#api, this.#id, this.#signal), this.#api.redact);
    return this.#export;
  }

  async #refused(file: OpenedFile, what: string): Promise<TidemarkError> {
    const text = this.#api.redact.text(storeMessage(file.status, await file.text()));
    const code = codeOfStatus(file.status);
    const transient = ['TITAN_SERVER_ERROR', 'TITAN_RATE_LIMITED', 'TITAN_TIMEOUT'].includes(code);
    return titanError(
      transient ? code : 'TITAN_DOWNLOAD_REFUSED',
      `The ${what} was answered with ${file.status}: ${text}`,
      {
        httpStatus: file.status,
        retryAfterSeconds: askedDelay(file.headers),
      },
    );
  }

  /** Neither is rows counted nor is anything parsed here: bytes alone tell whether something is missing. */
  #checkWhole(said: Export, files: number): void {
    const received = Math.max(this.#received, this.#unpacked);
    const announced = said.bytes_exported;
    const short = announced !== null && received < announced;
    const missing = (said.rows_exported ?? 0) > 0 && received === 0;
    const unread = (said.files_exported ?? 0) > files && announced !== this.#received && announced !== this.#unpacked;
    if (!short && !missing && !unread) return;
    const parts = `${received} bytes in ${files} file(s) of ${announced ?? 'an unknown number of'} bytes`;
    const text = `The download of export ${this.#id} brought ${parts} and ${said.rows_exported ?? 'unknown'} rows in ${said.files_exported ?? 'unknown'} file(s)`;
    throw titanError('TITAN_DOWNLOAD_INCOMPLETE', text);
  }
}

/** Refuses an export whose file cannot be fetched. */
function readable(said: Export, redact: Redactor): Export {
  const state = exportState(said.status);
  if (state === 'failed') {
    const reason = redact.text(cutText(said.message ?? 'no reason given', 500));
    throw titanError('TITAN_EXPORT_FAILED', `Export ${said.id} failed: ${reason}`);
  }
  if (state === 'running')
    throw titanError('TITAN_EXPORT_NOT_READY', `Export ${said.id} has the status ${said.status}`);
  const isEmpty = said.rows_exported === 0 || said.bytes_exported === 0 || said.files_exported === 0;
  if (addressesOf(said).length === 0 && !isEmpty) {
    throw titanError('TITAN_UNEXPECTED_REPLY', `Export ${said.id} is ${said.status} but has no download_url`);
  }
  return said;
}

function addressesOf(said: Export): string[] {
  if (said.download_urls !== undefined && said.download_urls !== null && said.download_urls.length > 0)
    return said.download_urls;
  if (said.download_url === null || said.download_url === '') return [];
  return typeof said.download_url === 'string' ? [said.download_url] : said.download_url;
}

/** File stores answer an expired signature with 403 (S3), others with 401, 410, 404 or 400. */
function isExpired(status: number): boolean {
  return [400, 401, 403, 404, 410].includes(status);
}
