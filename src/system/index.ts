/**
 * Every effect: clock, random, files, processes, http, postgres, log. One `System` record is made by an entry point and
 * passed first. It decides nothing about upgrades; secrets are redacted at this door.
 */
export { listOwnAddresses, resolveAddresses } from './addresses.ts';
export { hashArtifact, identifyArtifact } from './artifact.ts';
export { type Clock, createClock } from './clock.ts';
export { createLocator, renderCodeFrame, type TextPlace } from './code-frame.ts';
export type { StatementColumn, StatementShape } from './describe-statement.ts';
export { createPathLocator, loadDocument, parseDocument } from './document.ts';
export { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
export type { Exec, ExecOptions, ExecResult } from './exec.ts';
export { createFiles, type DurableFile, type FileEntry, type Files } from './files.ts';
export type { GatedOptions, GatedProcess, PipedProcess, ProcessExit } from './gated-process.ts';
export { createHttp, type Http, type HttpRequest, type HttpResponse } from './http.ts';
export type { Log, LogEvent } from './log.ts';
export { describeOperator, describeUser } from './operator.ts';
export { isPortFree } from './port.ts';
export type {
  ConnectionTarget,
  ConnectOptions,
  Postgres,
  QueryResult,
  Session,
} from './postgres.ts';
export { PostgresError } from './postgres-error.ts';
export { type ConnectionInput, resolveConnectionTarget } from './postgres-target.ts';
export type { ProcessIdentity } from './process-identity.ts';
export { createProcesses, type DetachedOptions, type Processes } from './processes.ts';
export type { Random } from './random.ts';
export type { Redaction } from './redaction.ts';
export { asRefusal, lookOnly } from './refusal.ts';
export { type FoundImage, lookUpDigest, lookUpImage } from './registry/look-up-image.ts';
export { reachableSocketPath } from './socket-path.ts';
export {
  loadSqlParser,
  offsetOfCharacter,
  type SqlNode,
  type SqlParser,
  type SqlStatement,
  type SqlToken,
} from './sql.ts';
export { createSystem, type System } from './system.ts';
export { unpackTarball } from './tarball/unpack-tarball.ts';
export type { DocumentSource, ParsedDocument } from './yaml-document.ts';
