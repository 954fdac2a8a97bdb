import {
  type ConfigurationFile,
  type ConfigurationKey,
  canonicalJson,
  closest,
  describeConfigurationKey,
  type Finding,
  type Json,
} from '../model/index.ts';
import type { FoldedChanges } from './fold-changes.ts';
import type { Edit, ParsedText, ParseText } from './format.ts';
import { editSettings, findSetting, hasSetting, isMapping, listSettings } from './settings.ts';

/** What the changes of releases make of one text. */
export interface MigratedText {
  /** With every edit made that could be made. */
  readonly text: string;
  readonly edits: readonly { readonly release: string; readonly what: string }[];
  /** What is missing, and why the text cannot be used or edited. */
  readonly problems: readonly Finding[];
  readonly remarks: readonly Finding[];
}

export interface MigrateRequest {
  readonly file: ConfigurationFile;
  readonly text: string;
  readonly changes: FoldedChanges;
  readonly parse: ParseText;
  /** Whether every service of the file gets this variable from onward.yaml itself. */
  readonly isProvided: (key: ConfigurationKey) => boolean;
}

/** Makes the changes of releases to the text of one file. Pure; made again to what came out, it changes nothing. */
export function migrateText(request: MigrateRequest): MigratedText {
  const { file, text, changes, parse } = request;
  const parsed = parse({ path: file.path, text });
  if (parsed.findings.length > 0) {
    // A parser may quote the text.
    const problems = parsed.findings.map((problem) =>
      file.secret ? { ...problem, message: unquoted(problem) } : problem,
    );
    return { text, edits: [], problems, remarks: [] };
  }
  const work = new Work(request, parsed);
  for (const { key, to, release } of changes.renames) work.rename(key, { to, release });
  for (const { key, release } of changes.removes) work.remove(key, release);
  for (const need of changes.needs) work.need(need);
  for (const each of changes.deprecations) work.deprecate(each);
  const { edits, problems, remarks } = work;
  return { text: work.text, edits, problems, remarks };
}

class Work {
  text: string;
  readonly edits: { readonly release: string; readonly what: string }[] = [];
  readonly problems: Finding[] = [];
  readonly remarks: Finding[] = [];
  readonly #request: MigrateRequest;
  #parsed: ParsedText;

  constructor(request: MigrateRequest, parsed: ParsedText) {
    this.#request = request;
    this.#parsed = parsed;
    this.text = request.text;
  }

  rename(key: ConfigurationKey, { to, release }: { readonly to: ConfigurationKey; readonly release: string }): void {
    const { settings } = this.#parsed;
    if (!hasSetting(settings, key)) return;
    const [old, now] = [describeConfigurationKey(key), describeConfigurationKey(to)];
    if (!hasSetting(settings, to)) {
      this.#apply({ kind: 'rename', key, to }, { release, what: `rename ${old} to ${now}` });
    } else if (textOf(findSetting(settings, key)) === textOf(findSetting(settings, to))) {
      this.#apply({ kind: 'remove', key }, { release, what: `remove ${old}, which has become ${now}` });
    } else {
      this.#report('configuration.both-names', key, {
        message: `${release} renames ${old} to ${now}, and both are there with different values`,
        hint: `Keep the one that is meant, as ${now}.`,
      });
    }
  }

  remove(key: ConfigurationKey, release: string): void {
    if (!hasSetting(this.#parsed.settings, key)) return;
    this.#apply({ kind: 'remove', key }, { release, what: `remove ${describeConfigurationKey(key)}` });
  }

  need({ key, release, description, ...more }: FoldedChanges['needs'][number]): void {
    const { file, isProvided } = this.#request;
    const { settings } = this.#parsed;
    const value = findSetting(settings, key);
    const name = describeConfigurationKey(key);
    const why = description === undefined ? '' : `: ${oneLine(description)}`;
    if (isProvided(key)) return;
    if (more.default !== undefined) {
      const added = file.format === 'env' ? String(more.default) : more.default;
      const comment = `Added by ${release}${why}`;
      if (value === undefined)
        this.#apply({ kind: 'add', key, value: added, comment }, { release, what: `add ${name}` });
      return;
    }
    if (value !== undefined && value !== null && value !== '') return;
    const meant = closest(
      name,
      listSettings(settings)
        .map(describeConfigurationKey)
        .filter((other) => other !== name),
    );
    this.#report('configuration.missing-key', value === undefined ? [] : key, {
      message: `${name} is ${value === undefined ? 'missing' : 'empty'}, and ${release} needs it${why}`,
      ...(value === undefined && meant !== undefined ? { hint: `Rename ${meant}, if that is what it is.` } : {}),
    });
  }

  deprecate({ key, release, instead, message }: FoldedChanges['deprecations'][number]): void {
    if (!hasSetting(this.#parsed.settings, key)) return;
    const said = [
      message === undefined ? '' : `: ${oneLine(message)}`,
      instead === undefined ? '' : `; use ${instead}`,
    ];
    this.remarks.push({
      code: 'configuration.deprecated-key',
      severity: 'warning',
      message: `${describeConfigurationKey(key)} is deprecated since ${release}${said.join('')}`,
      position: this.#parsed.locate(key),
    });
  }

  /** Only what reads afterwards as it was meant counts as made. */
  #apply(edit: Edit, said: { readonly release: string; readonly what: string }): void {
    const text = this.#parsed.edit(edit);
    const wanted = editSettings(this.#parsed.settings, edit);
    const next = text === undefined ? undefined : this.#request.parse({ path: this.#request.file.path, text });
    const isMeant = next?.findings.length === 0 && wanted !== undefined && textOf(next.settings) === textOf(wanted);
    if (text !== undefined && next && isMeant) {
      this.text = text;
      this.#parsed = next;
      this.edits.push(said);
      return;
    }
    // A parser may quote the text.
    const because = next?.findings[0] && !this.#request.file.secret ? `: ${next.findings[0].message}` : '';
    this.#report('configuration.not-editable', edit.key, {
      message: `${said.release} wants to ${said.what}, and that cannot be done to this text${because}`,
      hint: 'Make the change by hand.',
    });
  }

  #report(code: string, key: ConfigurationKey, said: { readonly message: string; readonly hint?: string }): void {
    const { path } = this.#request.file;
    const position =
      key.length > 0 && hasSetting(this.#parsed.settings, key) ? this.#parsed.locate(key) : { file: path };
    this.problems.push({ code, severity: 'error', position, ...said });
  }
}

function unquoted({ code }: Finding): string {
  if (code === 'configuration.duplicate-key') return 'a key stands twice';
  if (code === 'configuration.unknown-reference') return 'refers to what the file does not set above it';
  return 'cannot be read here';
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

/** Equal for equal values, in whatever order their keys stand. */
function textOf(value: unknown): string {
  return isMapping(value) || Array.isArray(value) ? canonicalJson(value as Json) : JSON.stringify(value ?? null);
}
