import { createHmac } from 'node:crypto';
import { basename, join } from 'node:path';
import type { ConfigurationFile, Digest } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { missingRevision } from './errors.ts';

/** Where the revisions of a deployment are, and what keys their identities. */
export interface RevisionStore {
  readonly stateDirectory: string;
  readonly key: string;
}

/** Identity of one text of a file. Keyed, because from the plain hash of a file with one short secret, that could be found by trying. */
export function digestRevision({ key }: RevisionStore, { name }: ConfigurationFile, text: string): Digest {
  return `sha256:${createHmac('sha256', key).update(`${name}\0${text}`).digest('hex')}`;
}

/** Where a revision is kept, under the name of the operator's file. It never changes there. */
export function locateRevision({ stateDirectory }: RevisionStore, { path }: ConfigurationFile, digest: Digest): string {
  return join(stateDirectory, 'config', digest.slice('sha256:'.length), basename(path));
}

/** Keeps a text for the instances that are started with it, and to go back to; where it is kept already, nothing happens. */
export async function keepRevision(
  { files }: System,
  store: RevisionStore,
  { file, text }: { readonly file: ConfigurationFile; readonly text: string },
): Promise<Digest> {
  const digest = digestRevision(store, file, text);
  const path = locateRevision(store, file, digest);
  const folder = join(store.stateDirectory, 'config');
  for (const each of [folder, join(path, '..')]) await files.makeFolder(each, 0o700);
  await files.createOnce(path, text);
  return digest;
}

/** The text of a revision. Throws `configuration.missing-revision` when it is gone or was changed. */
export async function loadRevision(
  { files }: System,
  store: RevisionStore,
  { file, digest }: { readonly file: ConfigurationFile; readonly digest: Digest },
): Promise<string> {
  const path = locateRevision(store, file, digest);
  const text = await files.readTextIfPresent(path);
  if (text === undefined || digestRevision(store, file, text) !== digest) throw missingRevision(file.name, path);
  return text;
}
