/** Errors of running pipelines: what is seen of them, and what keeps them running. */
export const operationsErrors = {
  SEARCH_ATTRIBUTES_REFUSED: {
    meaning: 'The search attributes could not be registered in the namespace. They are not needed.',
    mend: 'Ask who may change the namespace to run the line that the message holds. On Temporal Cloud: Namespaces, Edit, Search Attributes.',
  },
  PAYLOAD_KEYS: {
    meaning:
      'The keys that encrypt payloads are not what they must be: each 32 bytes in base64, the current one among them.',
    mend: 'Make a key with `openssl rand -base64 32`, give it to every worker and client, then make it the current one.',
  },
  PAYLOAD_KEY_UNKNOWN: {
    meaning: 'A payload was encrypted with a key that this process does not have.',
    mend: 'Add the key to temporal.encryption.keys. Old keys stay there as long as runs that used them are kept.',
  },
  PAYLOAD_UNREADABLE: {
    meaning: 'A payload cannot be decrypted: it was altered, or its key id stands for another key here.',
    mend: 'Give the key of this id the value that it had when the payload was written; a new key gets a new id.',
  },
  NO_ENCRYPTION: {
    meaning: 'The codec server was asked for, and the config has no temporal.encryption or no codecServer.',
    mend: 'Add both: see docs/operations.md.',
  },
  ADDRESS_TAKEN: {
    meaning: 'A server of the worker (health, codec) cannot listen on the address that the config gives it.',
    mend: 'Choose another port: another program has this one, or the address is none of this machine.',
  },
  TRACING_UNAVAILABLE: {
    meaning: "Traces are asked for (worker.tracing), and OpenTelemetry's packages cannot be loaded.",
    mend: 'Install the packages that docs/operations.md names, or take worker.tracing out of the config.',
  },
  NOTIFICATION_FAILED: {
    meaning:
      'A notification was refused, or could not be sent. It is tried again for an hour, unless it was refused for good.',
    mend: 'Check the address and headers in notifications of the config.',
  },
} as const;
