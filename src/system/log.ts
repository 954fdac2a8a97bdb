import type { Json } from '../model/index.ts';
import type { Redaction } from './redaction.ts';

/** Something that happened and that a person or a tool may want to see as it happens. `type` is permanent. */
export interface LogEvent {
  readonly type: string;
  readonly [key: string]: Json | undefined;
}

export interface Log {
  emit(event: LogEvent): void;
}

/** A log whose events reach `sink` with every secret redacted. */
export function createLog(redaction: Redaction, sink: (event: LogEvent) => void): Log {
  return {
    emit(event) {
      sink(JSON.parse(redaction.apply(JSON.stringify(event))) as LogEvent);
    },
  };
}
