import { cutText } from '../../contracts/errors.js';
import { MAX_SERVER_TEXT, oneLine, serverMessage } from '../http/error-message.js';

/** What a file store (S3 and the like) says in its XML: code and message only, for the rest may hold parts of the signature. */
export function storeMessage(status: number, body: string): string {
  const code = /<Code>([^<]*)<\/Code>/u.exec(body)?.[1];
  const message = /<Message>([^<]*)<\/Message>/u.exec(body)?.[1];
  const said = [code, message].filter(Boolean).join(': ');
  return said === '' ? serverMessage(status, body) : cutText(oneLine(said), MAX_SERVER_TEXT);
}
