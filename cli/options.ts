import { InvalidArgumentError, Option } from 'commander';

const MAX_PORT = 65_535;

/** A TCP port; 0, the default, is a free one. */
export function portOption(flags: string, description: string): Option {
  return new Option(flags, description).default(0, 'a free one').argParser((text) => {
    const port = Number(text);
    if (!Number.isInteger(port) || port < 0 || port > MAX_PORT)
      throw new InvalidArgumentError(`a port is 0 to ${MAX_PORT}.`);
    return port;
  });
}
