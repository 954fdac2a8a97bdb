import type { Facts, Finding } from '../model/index.ts';

/** One thing that can be wrong with a deployment. Every finding's hint is the command that repairs it. */
export interface DoctorRule {
  readonly id: string;
  readonly title: string;
  readonly check: (facts: Facts) => readonly Finding[];
}
