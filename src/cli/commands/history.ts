import type { Command } from 'commander';
import { loadDeployment } from '../../deployment/index.ts';
import { describeAcceptance, ExitCode, formatDuration, type RunSummary } from '../../model/index.ts';
import { listRuns } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption } from './options.ts';

interface HistoryOptions {
  readonly file: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command))).action((options: HistoryOptions) =>
    run(async (context) => {
      const deployment = await loadDeployment(context.system, options.file);
      const runs = await listRuns(context.system, deployment.stateDirectory);
      if (options.json) for (const summary of runs) context.print(`${JSON.stringify(summary)}\n`);
      else
        context.print(
          runs.length === 0 ? 'No runs yet.\n' : runs.map((summary) => `${describeRun(summary)}\n`).join(''),
        );
      return ExitCode.done;
    }),
  );
}

function describeRun(summary: RunSummary): string {
  const took =
    summary.endedAt === undefined ? '' : formatDuration(Date.parse(summary.endedAt) - Date.parse(summary.startedAt));
  const path = summary.kind === 'contract' ? `contract ${summary.to}` : `${summary.from} -> ${summary.to}`;
  const line = `${summary.run}  ${path.padEnd(20)}  ${summary.outcome.padEnd(14)}  ${took}`.trimEnd();
  return [line, ...describeAccepted(summary)].join('\n');
}

function describeAccepted({ accepted = [] }: RunSummary): readonly string[] {
  return accepted.map((acceptance) => `    ${acceptance.risk} ${describeAcceptance(acceptance)}`);
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'The newest run comes first, with what it went on in spite of because somebody had',
      'accepted it. The hash chain of every journal is checked on the way.',
    ],
    examples: [['onward history', 'the runs, and how they ended']],
  });
}
