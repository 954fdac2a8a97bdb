import type { Condition } from './condition.ts';
import type { ConfigurationChange } from './configuration-change.ts';
import type { DataMigration } from './data-migration.ts';
import type { ReadyProbe, RollClass } from './deployment.ts';
import type { Digest } from './identity.ts';
import type { MigrationCommand } from './migration-command.ts';
import type { MigrationPhase } from './phase.ts';
import type { KnownRisk, Risk } from './risk.ts';
import type { Total } from './total.ts';

interface PinnedArtifact {
  readonly service: string;
  readonly identity: Digest;
  /** What has to be fetched: of an image, its layers as they are in the registry. */
  readonly bytes: number;
  /** The release whose build produced these bytes. Differs from the release's own version when it is carried. */
  readonly producedBy: string;
}

/** A folder, identified by the hash of its tree; for processes of this machine and for hosts. */
export interface FolderComponent extends PinnedArtifact {
  readonly kind: 'folder';
  /** Argv that starts one instance, relative to the artifact's folder. */
  readonly command: readonly string[];
}

/** A gzipped tar, identified by the sha256 of the file, and unpacked where a folder would be copied. */
export interface TarballComponent extends PinnedArtifact {
  readonly kind: 'tarball';
  /** Name of the vendor's file, for people. */
  readonly file: string;
  /** What it unpacks to: a folder, identified by the hash of its tree, and the bytes of its files. */
  readonly content: { readonly identity: Digest; readonly bytes: number };
  /** Argv that starts one instance, relative to the folder. */
  readonly command: readonly string[];
}

/** An image, identified by the digest of its manifest or of its index. */
export interface ImageComponent extends PinnedArtifact {
  readonly kind: 'image';
  /** Registry and repository, such as `registry.example/shop/api`. */
  readonly image: string;
  /** What pointed to it when the release was built, for people. */
  readonly tag?: string;
  /** Of an image for several platforms: what has to be fetched for each of them; `bytes` is the most of it. As in `linux/amd64`. */
  readonly platforms?: { readonly [platform: string]: number };
  /** Argv in place of the image's own; empty: the image's, or what compose.yaml says. */
  readonly command: readonly string[];
}

/** What instances run from a folder of. */
export type FilesComponent = FolderComponent | TarballComponent;

/** One pinned artifact of a release. */
export type Component = FilesComponent | ImageComponent;

/** The folder that its instances run in, wherever it was copied or unpacked to. */
export function contentOf(component: FilesComponent): { readonly identity: Digest; readonly bytes: number } {
  return component.kind === 'tarball' ? component.content : component;
}

/** What the vendor says of a service. The operator's `onward.yaml` wins where both speak. */
export interface ReleaseService {
  readonly name: string;
  readonly database?: string;
  readonly after: readonly string[];
  readonly roll?: RollClass;
  readonly ready?: ReadyProbe;
  /** Command line that speaks the data-migrations protocol, split on spaces. */
  readonly dataMigrations?: string;
}

/** One migration file of a release. */
export interface MigrationRef {
  readonly database: string;
  /** The version folder the file stands in, or the release that first listed it (flat layout). */
  readonly version: string;
  readonly phase: MigrationPhase;
  /** The number its name starts with. */
  readonly sequence: number;
  /** File name without number and extension. */
  readonly name: string;
  /** Path relative to the release's migrations folder, with forward slashes. */
  readonly path: string;
  /** Over the file's bytes. */
  readonly checksum: Digest;
  /** Over the parsed form: equal for edits that change no meaning. */
  readonly fingerprint: Digest;
  readonly transactional: boolean;
  /** The release declares that this file may be applied after files that sort behind it. */
  readonly late?: boolean;
}

/** A release range that an upgrade path crossing the declaring release must pass through. */
export interface Stop {
  readonly id: string;
  readonly satisfiedBy: string;
  readonly prefer?: string;
  readonly reason: string;
  readonly url?: string;
  /** It counts when any of these applies or cannot be told; always when left out. */
  readonly when?: readonly Condition[];
}

export interface ReleaseNotes {
  readonly summary?: string;
  readonly breaking: readonly string[];
  readonly deprecated: readonly string[];
  readonly knownIssues: readonly string[];
}

export interface ReleaseDatabase {
  readonly name: string;
  readonly services: readonly string[];
  /** Range of server versions, such as `>=14`. */
  readonly server?: string;
  readonly extensions: readonly string[];
}

/** What a lint said of the migrations that a release adds, when it was built. There was no error, or there would be no release. */
export interface LintRecord {
  /** Of Onward. */
  readonly tool: string;
  /** Major version of Postgres that the rules answered for. */
  readonly server: number;
  /** Files that the release adds. */
  readonly files: number;
  readonly warnings: number;
  /** Findings that a comment allows, by rule. */
  readonly suppressed: { readonly [rule: string]: number };
  /** The files were also applied to a scratch database and measured. */
  readonly measured: boolean;
  /** The statements that were proved to work before and after; `coverage` is the share of their calls, 0 to 1. */
  readonly proof?: { readonly statements: number; readonly coverage: number };
}

/** One line: `no error, 2 warnings, 1 finding allowed; for Postgres 15; measured; 812 statements proved (99.2 % of calls)`. */
export function describeLintRecord({ server, warnings, suppressed, measured, proof }: LintRecord): string {
  const allowed = Object.values(suppressed).reduce((sum, count) => sum + count, 0);
  const counts = [
    'no error',
    ...(warnings > 0 ? [`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`] : []),
    ...(allowed > 0 ? [`${allowed} ${allowed === 1 ? 'finding' : 'findings'} allowed`] : []),
  ];
  const proved = proof
    ? `${proof.statements} ${proof.statements === 1 ? 'statement' : 'statements'} proved (${(100 * proof.coverage).toFixed(1)} % of calls)`
    : '';
  return [
    counts.join(', '),
    `for Postgres ${server}`,
    measured ? 'measured' : 'not measured',
    proved || 'no query proof',
  ].join('; ');
}

/** One version of the product, as a release source holds it. */
export interface Release {
  readonly product: string;
  readonly version: string;
  readonly components: readonly Component[];
  readonly services: readonly ReleaseService[];
  readonly databases: readonly ReleaseDatabase[];
  /** Every file up to and including this release: those of earlier releases are carried forward. */
  readonly migrations: readonly MigrationRef[];
  readonly upgradeFrom?: string;
  readonly stops: readonly Stop[];
  readonly requiresTool?: string;
  /** The last step after which artifacts can still go back. */
  readonly rollback: { readonly until: 'roll' | 'postdeploy' };
  readonly notes: ReleaseNotes;
  /** The data migrations that this release declares itself; those of earlier releases stay with them. */
  readonly dataMigrations?: readonly DataMigration[];
  /** For how long after its completion the old shape stays, at least. */
  readonly contract?: { readonly afterMs: number };
  /** What it changes in the configuration files of its operators. */
  readonly configuration?: readonly ConfigurationChange[];
  /** Keys of configuration files that hold secrets, as this release and all before it say. */
  readonly secretKeys?: readonly { readonly file: string; readonly key: string }[];
  /** What was known to go wrong with it when it was built. The catalog says what is known now. */
  readonly risks?: readonly Risk[];
  /** Figures that the upgrade to this release is compared by: those of the product, and its own. */
  readonly totals?: readonly Total[];
  /** The product's own commands that move the schema to it, in the order in which they run. */
  readonly migrationCommands?: readonly MigrationCommand[];
  /** Left out by what was built before releases were linted. */
  readonly lint?: LintRecord;
}

/** What path search needs to know of one release. */
export interface CatalogEntry {
  readonly version: string;
  /** Identity of the release document. */
  readonly digest: Digest;
  readonly publishedAt: string;
  readonly upgradeFrom?: string;
  readonly stops: readonly Stop[];
  readonly requiresTool?: string;
  /** A withdrawn release stays a node: one can be on it and leave it, but not go to it. */
  readonly withdrawn?: { readonly reason: string };
}

export interface UpgradeRules {
  readonly skipMinor: boolean;
  readonly skipMajor: boolean;
}

/** All releases, channels and rules of a release source. */
export interface Catalog {
  readonly product: string;
  readonly rules: UpgradeRules;
  readonly releases: readonly CatalogEntry[];
  readonly channels: { readonly [name: string]: string };
  /** Every risk that is known of any release. */
  readonly risks?: readonly KnownRisk[];
}
