import type { Json } from '../../../model/index.ts';

/** What is looked at in a service of compose.yaml; the rest of it is carried along. */
export interface ProjectService {
  readonly [key: string]: Json | undefined;
}

/** The entries of a list of maps, such as `ports` and `volumes`; of anything else none. */
export function asList(value: Json | undefined): readonly { readonly [key: string]: Json | undefined }[] {
  return Array.isArray(value) ? (value as readonly { readonly [key: string]: Json | undefined }[]) : [];
}

/** The operator's own files, put together by Compose. Holds resolved values: never printed. */
export interface Project {
  readonly name: string;
  /** Its files, without the override. */
  readonly files: readonly string[];
  readonly services: { readonly [name: string]: ProjectService };
  /** Names of networks as the engine knows them, by their names in the file. */
  readonly networks: { readonly [name: string]: string };
  /** Names of volumes. */
  readonly volumes: readonly string[];
}
