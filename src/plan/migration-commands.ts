import {
  compareVersions,
  describeMigrationCommand,
  type Facts,
  type Finding,
  type Gate,
  type MigrationCommand,
  type Release,
} from '../model/index.ts';
import type { PlanRequest } from './plan-request.ts';

/** That nobody has judged what the product's own commands do to the schema, for each of them. */
export function commandFindings(facts: Facts, request: PlanRequest): readonly Finding[] {
  return targets(facts, request).flatMap(({ version, migrationCommands = [] }) =>
    migrationCommands.map((command): Finding => {
      const trusted = command.check.kind === 'exit-code' ? ' Its exit code alone is believed.' : '';
      return {
        code: 'plan.migration-command',
        severity: 'info',
        message: `Migration command ${command.name} of ${version} (${describeMigrationCommand(command)}) is the product's own: it was not judged by lint, its locks are not predicted, and whether statements still work after it was not tried out.${trusted}`,
      };
    }),
  );
}

/** Commands that could not run here, and those that the path jumps over: only the release that brings one has the program. */
export function buildCommandGates(facts: Facts, request: PlanRequest): readonly Gate[] {
  return [
    ...targets(facts, request).flatMap((release) =>
      (release.migrationCommands ?? []).flatMap((command) => composeGate(facts, release, command)),
    ),
    ...request.hops.flatMap((hop) => jumpedGates(facts, hop)),
  ];
}

function targets(facts: Facts, { hops }: PlanRequest): readonly Release[] {
  return hops.flatMap(({ to }) => facts.releases.get(to) ?? []);
}

/** A command that only compose.yaml knows runs nowhere else. */
function composeGate(facts: Facts, { version }: Release, declared: MigrationCommand): readonly Gate[] {
  const { name, service, command, composeService } = declared;
  const runtime = facts.deployment.services.find((found) => found.name === service)?.runtime.kind;
  if (command.length > 0 || runtime === undefined || runtime === 'compose') return [];
  return [
    {
      id: `migration-command:${version}/${name}`,
      title: `Migration command ${name} of ${version} can run`,
      state: 'closed',
      evidence: `it is service ${composeService} of compose.yaml, and ${service} is run by the runtime ${runtime} here`,
      command: `onward release show ${version}`,
    },
  ];
}

/** A command of the same name brings the schema to the target from wherever it is; one that the target leaves out runs nowhere. */
function jumpedGates(facts: Facts, { from, to }: PlanRequest['hops'][number]): readonly Gate[] {
  const target = facts.releases.get(to);
  if (!target || from === 'none' || from === to) return [];
  const kept = new Set((target.migrationCommands ?? []).map(({ name }) => name));
  const withdrawn = facts.catalog.releases.flatMap((entry) => (entry.withdrawn ? [entry.version] : []));
  const jumped = [...facts.releases.values()]
    .filter(({ version }) => !withdrawn.includes(version))
    .filter(({ version }) => compareVersions(version, from) > 0 && compareVersions(version, to) < 0)
    .sort((one, other) => compareVersions(one.version, other.version));
  return jumped.flatMap(({ version, migrationCommands = [] }) =>
    migrationCommands
      .filter(({ name }) => !kept.has(name))
      .map(
        ({ name }): Gate => ({
          id: `migration-command:${version}/${name}`,
          title: `Migration command ${name} of ${version} has run before ${to}`,
          state: 'closed',
          evidence: `it belongs to ${version}, which the path jumps over, and ${to} has none of that name`,
          command: `onward upgrade --version ${version}`,
        }),
      ),
  );
}
