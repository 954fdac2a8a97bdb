import type { HazardClass } from '../../finding.ts';

/** What the docs and code scanners are told of a finding that no rule on a statement makes. */
export interface FileRule {
  readonly id: string;
  readonly hazards: readonly string[];
  readonly class: HazardClass;
  readonly severity: 'error' | 'warning';
  readonly title: string;
  readonly why: string;
  /** Starts with a verb. */
  readonly help: string;
}
