import type { ConfigurationFile, Digest, Service } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { chooseParser } from './choose-parser.ts';

/** A file and the revision of it that counts. */
export interface Revision {
  readonly file: ConfigurationFile;
  readonly text: string;
  readonly digest: Digest;
  /** Where instances read it. */
  readonly path: string;
}

/** What the configuration files give to the instances of one service. */
export interface RenderedConfiguration {
  /** The keys of its env files; the later of two files wins. */
  readonly environment: { readonly [name: string]: string };
  /** The files that its instances read themselves, by the variable that names each: `ONWARD_CONFIG_<NAME>`. */
  readonly files: { readonly [variable: string]: { readonly path: string; readonly digest: Digest } };
}

/** Throws nothing: a text that cannot be read, which no gate lets through, counts as a file. */
export async function renderConfiguration(
  service: Service,
  revisions: readonly Revision[],
): Promise<RenderedConfiguration> {
  let environment: RenderedConfiguration['environment'] = {};
  let files: RenderedConfiguration['files'] = {};
  for (const { file, text, digest, path } of revisions) {
    if (!file.services.includes(service.name)) continue;
    const parsed = file.format === 'env' ? (await chooseParser('env'))({ path: file.path, text }) : undefined;
    if (parsed?.findings.length === 0) environment = { ...environment, ...(parsed.settings as typeof environment) };
    else files = { ...files, [variableOf(file)]: { path, digest } };
  }
  return { environment, files };
}

/** Has every value of a secret file, and of the secret keys of any other, replaced in whatever leaves the process from now on. */
export async function redactSecrets(
  system: System,
  {
    file,
    text,
    isSecret,
  }: Pick<Revision, 'file' | 'text'> & { readonly isSecret: (key: readonly string[]) => boolean },
): Promise<void> {
  const { settings } = (await chooseParser(file.format))({ path: file.path, text });
  const visit = (value: unknown, key: readonly string[]): void => {
    if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) visit(inner, Array.isArray(value) ? key : [...key, name]);
    else if (isSecret(key) && typeof value !== 'boolean' && value !== null) system.redaction.add(String(value));
  };
  visit(settings, []);
}

function variableOf({ name }: ConfigurationFile): string {
  return `ONWARD_CONFIG_${name.toUpperCase().replaceAll('-', '_')}`;
}
