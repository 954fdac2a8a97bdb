import type { Command } from 'commander';
import { ExitCode, formatCount, renderFinding } from '../../model/index.ts';
import { lookOnly } from '../../system/index.ts';
import { adoptRelease, planReleaseAdoption, type ReleaseProof } from '../../upgrade/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { askToStart } from '../confirm.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface Options {
  readonly file: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function defineAdoptRelease(command: Command, run: RunAction): void {
  addExplanation(addJsonOption(addFileOption(command)), {
    notes: [
      'Proves it first: every running instance by its digest, and every database by its',
      'ledger. On hosts, units that Onward has not started are compared file by file, and',
      'are instances from then on. Refuses with each difference. No service is touched, no',
      'migration is run. Running it again changes nothing.',
    ],
    examples: [
      ['onward adopt release 1.4.2 --dry-run', 'compare, and record nothing'],
      ['onward adopt release 1.4.2 --yes', 'record it, ask nothing'],
    ],
  })
    .description('Record that what runs is this release, once that is proven')
    .argument('<release>', 'a release of the source, or a channel such as stable')
    .option('--dry-run', 'compare, and record nothing')
    .option('-y, --yes', 'record without asking')
    .action((release: string, options: Options) => run((context) => adopt(context, release, options)));
}

async function adopt(context: CommandContext, requested: string, options: Options): Promise<ExitCode> {
  const { system, say, print } = context;
  return withInstallation(context, options.file, async (installation) => {
    const planned = await lookOnly(() => planReleaseAdoption(system, installation, requested));
    const { proof, isRecorded } = planned;
    const differs = proof.differences.length > 0;
    if (!options.json) print(renderProof(proof));
    const isAsked = options.dryRun || differs || isRecorded;
    if (isAsked) {
      if (options.json) print(renderJson(proof, { recorded: isRecorded && !differs }));
      say(describeEnd(proof, { isRecorded }));
      return differs ? ExitCode.findings : ExitCode.done;
    }
    const name = installation.deployment.name;
    if (!options.yes && !(await askToStart(context, `Record ${proof.release} as what ${name} runs?`)))
      return ExitCode.done;
    const adopted = await adoptRelease(system, installation, requested);
    if (options.json) print(renderJson(adopted.proof, { recorded: true, run: adopted.run }));
    say(`Recorded: ${name} runs ${proof.release}.\nNext:\n  onward plan`);
    return ExitCode.done;
  });
}

function describeEnd({ release, differences }: ReleaseProof, { isRecorded }: { readonly isRecorded: boolean }): string {
  if (differences.length > 0)
    return `What runs is not ${release}. Nothing was recorded.\nNext:\n  onward adopt release ${release}`;
  if (isRecorded) return `It is on record that ${release} runs.\nNext:\n  onward plan`;
  return `What runs is ${release}. Nothing was recorded.\nNext:\n  onward adopt release ${release}`;
}

function renderJson(
  { foreign, ...proof }: ReleaseProof,
  end: { readonly recorded: boolean; readonly run?: string | undefined },
): string {
  const units = foreign.map(({ found, isRecorded }) => ({ ...found, isRecorded }));
  return `${JSON.stringify({ ...proof, foreign: units, ...end })}\n`;
}

function renderProof({ services, databases, differences, remarks, foreign }: ReleaseProof): string {
  const lines = [
    ...services.map(
      ({ name, identity, instances }) =>
        `service   ${name}: ${instances} ${instances === 1 ? 'is' : 'are'} ${identity.slice(0, 19)}`,
    ),
    ...databases.map(({ name, applied }) => `database  ${name}: ${formatCount(applied, 'migration')} applied`),
    ...foreign
      .filter(({ found }) => found.differences.length === 0)
      .map(({ found: { instance, evidence } }) => `unit      ${instance.place}: ${describeEvidence(evidence)}`),
    ...remarks.map((finding) => `${finding.severity.padEnd(9)} ${finding.code}: ${renderFinding(finding)}`),
    ...differences.map((finding) => `error     ${finding.code}: ${renderFinding(finding)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function describeEvidence({ container, artifact }: ReleaseProof['foreign'][number]['found']['evidence']): string {
  return container === ''
    ? `every file of ${artifact} is the release's`
    : `its container ${container} is of the release's image`;
}
