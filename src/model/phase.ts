/** The phases that hold schema migrations, in the order in which they run. */
export const MIGRATION_PHASES = ['expand', 'postdeploy', 'contract'] as const;
export type MigrationPhase = (typeof MIGRATION_PHASES)[number];

export function isPhase(text: string): text is MigrationPhase {
  return (MIGRATION_PHASES as readonly string[]).includes(text);
}

export function compareTotalsAfters(a: MigrationPhase, b: MigrationPhase): number {
  return MIGRATION_PHASES.indexOf(a) - MIGRATION_PHASES.indexOf(b);
}
