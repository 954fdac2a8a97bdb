import type { Json } from '../model/index.ts';
import type { Redaction } from './redaction.ts';

/** Something that happened and that a person or a tool may want to see as it happens. `type` is permanent. */
export interface LogEvent {
  readonly type: string;
  readonly [key: string]: Json | undefined;
}

export interface Log {
  emit(event: LogEvent): void;
  /** Calls `sink` with every event from now on, until the returned function is called. */
  subscribe(sink: (event: LogEvent) => void): () => void;
}

/** A log whose events reach `sink`, and whoever subscribes, with every secret redacted. */
export function createLog(redaction: Redaction, sink: (event: LogEvent) => void): Log {
  const sinks = new Set([sink]);
  return {
    emit(event) {
      const redacted = JSON.parse(redaction.apply(JSON.stringify(event))) as LogEvent;
      for (const receive of sinks) receive(redacted);
    },
    subscribe(receive) {
      sinks.add(receive);
      return () => sinks.delete(receive);
    },
  };
}
