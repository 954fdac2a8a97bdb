/** What is to be done after a proposal, in order, each as it is typed and why. */
export interface NextCommand {
  readonly line: string;
  readonly why: string;
}

/** A HAProxy of the operator's that is to be the switch. */
export interface OwnNext {
  readonly name: string;
  readonly isReady: boolean;
  readonly reload: string;
}

export interface NextFacts {
  readonly isWritten: boolean;
  /** Lines that say "could not tell". */
  readonly unknowns: number;
  /** A service is to be behind HAProxy that is not yet. */
  readonly needsTraffic: boolean;
  readonly ownHaproxies: readonly OwnNext[];
  readonly hasDatabase: boolean;
  /** Units, which are instances once the release that they run is on record. */
  readonly isOfHosts: boolean;
  /** The version that what runs seems to be. */
  readonly version: string;
  /** How the command was called, as in `onward adopt --host a`. */
  readonly command: string;
}

/** The first one is the exact next command. */
export function listNextCommands(facts: NextFacts): readonly NextCommand[] {
  const { version, unknowns } = facts;
  if (!facts.isWritten) return [{ line: `${facts.command} --write`, why: 'writes both files; nothing else changes' }];
  const read =
    unknowns === 1 ? 'the line that says "could not tell"' : `the ${unknowns} lines that say "could not tell"`;
  const judge = unknowns === 0 ? 'once the files say what you mean' : `once you have judged ${read}`;
  const publish = [
    { line: `onward release build ${version}`, why: `${judge}: a release of exactly what runs` },
    { line: `onward channel set stable ${version}`, why: 'what the deployment follows' },
  ];
  const traffic = [
    ...(facts.needsTraffic ? [{ line: 'onward adopt traffic', why: describeTrafficStep(facts.ownHaproxies) }] : []),
    ...facts.ownHaproxies.map(({ name, reload }) => ({
      line: reload,
      why: `once the lines of ${name} are changed as onward.yaml says`,
    })),
  ];
  const record = [
    ...(facts.hasDatabase
      ? [{ line: 'onward adopt ledger', why: 'where another tool has migrated the database: takes its ledger over' }]
      : []),
    { line: `onward adopt release ${version}`, why: 'proves that it runs, and records it as the current release' },
  ];
  const plan = { line: 'onward plan', why: 'from here on, as everywhere' };
  // Units are instances only once they are on record.
  return [...publish, ...(facts.isOfHosts ? [...record, ...traffic] : [...traffic, ...record]), plan];
}

function describeTrafficStep(own: readonly OwnNext[]): string {
  const waiting = own.filter(({ isReady }) => !isReady).map(({ name }) => name);
  const before = waiting.length === 0 ? '' : `once ${waiting.join(', ')} has what onward.yaml says: `;
  return `${before}brings the traffic behind the switch`;
}

export function renderNextCommands(commands: readonly NextCommand[]): string {
  const width = Math.max(...commands.map(({ line }) => line.length));
  return ['Next:', ...commands.map(({ line, why }) => `  ${line.padEnd(width)}  ${why}`)].join('\n');
}
