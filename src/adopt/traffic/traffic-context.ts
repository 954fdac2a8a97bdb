import type { System } from '../../system/index.ts';
import type { Installation } from '../../upgrade/index.ts';
import type { DockerCalls } from './docker-calls.ts';

/** What the step works with, there and back. */
export interface TrafficContext {
  readonly system: System;
  readonly installation: Installation;
  readonly calls: DockerCalls;
  readonly say: (what: string) => void;
}
