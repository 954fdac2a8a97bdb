/**
 * What stands between the old shape of one database and its removal: what the contract phase takes away, and who still needs it. It looks
 * and compares; it applies no migration (migrate), takes no lease, and does not decide whether the evidence is enough (plan).
 */
export type { DoomedObject } from '../model/index.ts';
export { type Contraction, type ContractionOptions, findContraction } from './find-contraction.ts';
