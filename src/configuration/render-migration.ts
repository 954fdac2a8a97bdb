import { chooseParser } from './choose-parser.ts';
import { SECRET_MARK } from './format.ts';
import type { MigratedFile } from './migrate-configuration.ts';
import { renderDiff } from './render-diff.ts';

/** What migrating does to a file, as a unified diff; empty when it does nothing. Of a secret file, only the changed lines, without what they hold. */
export async function renderMigration(migrated: MigratedFile): Promise<string> {
  const { file, before, after, isSecret } = migrated;
  if (before === undefined || after === undefined || before === after) return '';
  const parse = await chooseParser(file.format);
  const [old, now] = [before, after].map((text) => {
    const { findings, mask } = parse({ path: file.path, text });
    return findings.length > 0 ? SECRET_MARK : mask(isSecret);
  });
  return renderDiff(file.path, { before: old ?? '', after: now ?? '' }, file.secret ? 0 : undefined);
}
