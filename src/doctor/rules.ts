import { bypassRule } from './bypass.ts';
import { databasesRule } from './databases.ts';
import { imagesRule } from './images.ts';
import { instancesRule } from './instances.ts';
import { ledgerRule } from './ledger.ts';
import { placesRule } from './places.ts';
import { quarantineRule } from './quarantine.ts';
import { releaseRule } from './release.ts';
import type { DoctorRule } from './rule.ts';
import { runsRule } from './runs.ts';
import { servicesRule } from './services.ts';
import { switchRule } from './switch.ts';

export type { DoctorRule } from './rule.ts';

/** Every rule, in the order in which a person would look. */
export const RULES: readonly DoctorRule[] = [
  databasesRule,
  releaseRule,
  runsRule,
  ledgerRule,
  servicesRule,
  placesRule,
  instancesRule,
  imagesRule,
  switchRule,
  bypassRule,
  quarantineRule,
];
