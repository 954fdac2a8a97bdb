import { z } from 'zod';
import { type MigrationCheck, type MigrationCommand, parseDuration } from '../model/index.ts';
import { buildCommand, commandShape } from './shapes.ts';

const DEFAULT_LIMIT = '10m';
const DEFAULT_CHECK_LIMIT = '30s';

const NO_CONTRACT =
  'must be expand or postdeploy: what a program is going to remove cannot be known beforehand, so nobody can prove that nothing needs it. Write the contract phase in SQL';

const NO_CHECK =
  'must say how the result is known: { sql: … }, { command: … }, or exit-code, which says that it never exits with 0 when it has failed';

/** It becomes the name of a file and of a session. */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, { error: 'must be lower-case letters, digits and hyphens, beginning with a letter' })
  .max(40);
const limit = z
  .string()
  .refine((text) => (parseDuration(text) ?? 0) >= 1, { error: 'must be a duration, such as 10m' });
const line = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\n'), { error: 'must be one line' });
const expectation = z.strictObject({ exit: z.int().min(0).max(255).default(0), stdoutIncludes: line.exactOptional() });

const sqlCheck = z.strictObject({
  database: z.string().min(1),
  query: z
    .string()
    .refine((text) => text.trim() !== '', { error: 'must be a query' })
    .meta({ description: 'One SELECT that gives one row with one column.' }),
  expect: z
    .union([z.string(), z.number(), z.boolean()])
    .transform(String)
    .meta({ description: 'The value, compared as text.' }),
});

const commandCheck = z.strictObject({
  argv: z
    .array(z.string().min(1))
    .min(1, { error: 'must name a program' })
    .meta({ description: 'Program and arguments, run as the command itself is. It must change nothing.' }),
  expect: expectation.prefault({}),
});

const check = z.union(
  [
    z.literal('exit-code'),
    z.strictObject({ sql: sqlCheck, timeout: limit.default(DEFAULT_CHECK_LIMIT) }),
    z.strictObject({ command: commandCheck, timeout: limit.default(DEFAULT_CHECK_LIMIT) }),
  ],
  { error: NO_CHECK },
);

/** A migration command as the vendor declares it, in product.yaml or in the file of a release. */
export const migrationCommandShape = z
  .strictObject({
    name: name.meta({ description: 'Its name in plans, in the journal and in the names of its files.' }),
    service: z.string().min(1).meta({ description: 'In whose artifact and environment it runs.' }),
    command: commandShape
      .exactOptional()
      .meta({ description: 'Program and arguments, run in the artifact without a shell.' }),
    composeService: z.string().min(1).exactOptional().meta({
      description: 'Where the service runs in Compose: the service of compose.yaml in whose place it runs there.',
    }),
    phase: z
      .enum(['expand', 'postdeploy'], { error: NO_CONTRACT })
      .meta({ description: 'expand: before any service rolls, so the release that runs must go on working.' }),
    after: z.array(name).default([]).meta({ description: 'Commands of the same phase that run before it.' }),
    timeout: limit.default(DEFAULT_LIMIT).meta({ description: 'Then it is ended, and has failed.' }),
    runs: z
      .enum(['if-needed', 'always'])
      .exactOptional()
      .meta({ description: 'if-needed: not when its check holds already. always: once in every run.' }),
    check: check.meta({ description: 'What is so once it has done its work.' }),
    output: z
      .strictObject({ includes: line.exactOptional(), excludes: z.array(line).default([]) })
      .exactOptional()
      .meta({ description: 'What a line of its output must hold, and what none may.' }),
  })
  .superRefine(({ command, composeService, runs, check: declared }, report) => {
    const add = (key: string, message: string) => report.addIssue({ code: 'custom', path: [key], message });
    if (command === undefined && composeService === undefined)
      add('name', 'needs a "command", a "composeService", or both');
    if (declared === 'exit-code' && runs === 'if-needed')
      add('runs', 'an exit code tells only afterwards: with "check: exit-code" it runs in every run');
  });

/** Adds an issue for every command that stands twice in one file. */
export function checkCommandNames(
  commands: readonly { readonly name: string }[],
  report: {
    addIssue(issue: { readonly code: 'custom'; readonly path: PropertyKey[]; readonly message: string }): void;
  },
): void {
  for (const [index, { name: own }] of commands.entries()) {
    if (commands.findIndex((other) => other.name === own) < index)
      report.addIssue({
        code: 'custom',
        path: ['migrationCommands', index, 'name'],
        message: `migration command "${own}" stands twice`,
      });
  }
}

const timeoutMs = z.int().positive();

/** A migration command as the release document holds it. */
export const recordedMigrationCommandShape = z.strictObject({
  name: z.string(),
  service: z.string(),
  command: z.array(z.string()),
  composeService: z.string().exactOptional(),
  phase: z.enum(['expand', 'postdeploy']),
  timeoutMs,
  runs: z.enum(['if-needed', 'always']),
  check: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('sql'),
      database: z.string(),
      query: z.string(),
      expect: z.string(),
      timeoutMs,
    }),
    z.strictObject({
      kind: z.literal('command'),
      argv: z.array(z.string()).min(1),
      expect: z.strictObject({ exit: z.int(), stdoutIncludes: z.string().exactOptional() }),
      timeoutMs,
    }),
    z.strictObject({ kind: z.literal('exit-code') }),
  ]),
  output: z.strictObject({ includes: z.string().exactOptional(), excludes: z.array(z.string()) }).exactOptional(),
  databases: z.array(z.string()),
});

/** What the vendor wrote, with its defaults and in one form. Whose databases it changes is known once its service is. */
export interface DeclaredCommand extends Omit<MigrationCommand, 'databases'> {
  readonly after: readonly string[];
}

export function buildMigrationCommand(declared: z.output<typeof migrationCommandShape>): DeclaredCommand {
  const { command, timeout, runs, check: declaredCheck, ...rest } = declared;
  return {
    ...rest,
    command: command === undefined ? [] : buildCommand(command),
    timeoutMs: parseDuration(timeout) ?? 0,
    runs: runs ?? (declaredCheck === 'exit-code' ? 'always' : 'if-needed'),
    check: buildCheck(declaredCheck),
  };
}

function buildCheck(declared: z.output<typeof check>): MigrationCheck {
  if (declared === 'exit-code') return { kind: 'exit-code' };
  const limits = { timeoutMs: parseDuration(declared.timeout) ?? 0 };
  if ('sql' in declared) return { kind: 'sql', ...declared.sql, ...limits };
  return { kind: 'command', ...declared.command, ...limits };
}
