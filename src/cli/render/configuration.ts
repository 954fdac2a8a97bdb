import { describeFinding, type Finding } from '../../model/index.ts';
import type { DeploymentConfiguration, MigratedConfiguration } from '../../upgrade/index.ts';

/** Findings with how each is repaired, then what an upgrade changes by itself; one sentence when there is nothing to say. */
export function renderConfigurationFindings({ release, command, files }: DeploymentConfiguration): string {
  const doneBy =
    command === undefined ? 'run "onward config migrate"' : `"${command}" does it, or "onward config migrate"`;
  const lines = files.flatMap(({ name, problems, remarks, edits }) => [
    ...[...problems, ...remarks].flatMap((finding) => renderLines(name, finding)),
    ...edits.map((edit) => `change   ${name}: ${edit.what} (${edit.release}); ${doneBy}`),
  ]);
  if (lines.length > 0) return `${lines.join('\n')}\n`;
  if (files.length === 0) return 'onward.yaml maps no configuration file, and none is needed.\n';
  const names = files.map(({ name }) => name).join(', ');
  return `Nothing is missing: ${names} ${files.length === 1 ? 'has' : 'have'} what ${release} needs.\n`;
}

/** What was written and where the text of before is, then what is left for a person. */
export function renderMigrated({ release, files, written }: MigratedConfiguration): string {
  const done = written.map(({ path, kept }) => {
    const edits = files.find((file) => file.path === path)?.edits ?? [];
    return `${path}: ${edits.map(({ what }) => what).join(', ')}\n  what it was is kept in ${kept}\n`;
  });
  const left = files.map((file) => ({ ...file, remarks: [], edits: [] }));
  if (left.some(({ problems }) => problems.length > 0))
    done.push(renderConfigurationFindings({ release, files: left }));
  return done.length > 0 ? done.join('') : `Nothing to change: the files are as ${release} wants them.\n`;
}

function renderLines(name: string, finding: Finding): readonly string[] {
  const said = finding.position ? describeFinding(finding) : `${name}: ${finding.message}`;
  return [
    `${finding.severity.padEnd(7)}  ${said}`,
    ...(finding.hint === undefined ? [] : [`         ${finding.hint}`]),
  ];
}
