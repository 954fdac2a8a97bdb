import { describe, expect, it } from 'vitest';
import { ExitCode, OnwardError } from '../../model/index.ts';
import type { RunReport } from '../../upgrade/index.ts';
import { renderReport } from './report.ts';

const refused = new OnwardError({
  code: 'upgrade.check-fails-before',
  message: 'Could not start: a check fails already.',
  hint: 'Run "onward verify" until it passes.',
  state: 'unchanged',
  exit: ExitCode.findings,
});
const report = (more: Partial<RunReport>): RunReport => ({
  ...{ outcome: 'stopped', exit: ExitCode.findings, release: '1.2.0', error: refused },
  ...more,
});
const lastLine = (text: string) => text.split('\n').at(-1);

describe('renderReport()', () => {
  it('names the release that was asked for in the command that begins again, which nothing else remembers', () => {
    expect(lastLine(renderReport(report({}), '1.3.0'))).toBe(
      '-> Run "onward upgrade --version 1.3.0" again once the reason is gone.',
    );
    expect(lastLine(renderReport(report({})))).toBe('-> Run "onward upgrade" again once the reason is gone.');
    expect(lastLine(renderReport(report({ release: 'none' }), '1.3.0'))).toBe(
      '-> Run "onward provision --version 1.3.0" again once the reason is gone.',
    );
  });

  it('says once why services went back, and repeats what comes with a hint', () => {
    const outcome = 'rolled-back';
    const asked = new Error('the operator asked to go back');
    expect(renderReport(report({ outcome, error: asked }))).toMatch(/^Serving: 1\.2\.0, every service/);
    expect(renderReport(report({ outcome }))).toMatch(/^error upgrade\.check-fails-before\n/);
    expect(renderReport(report({ error: asked }))).toMatch(/^the operator asked to go back\n\nServing/);
  });
});
