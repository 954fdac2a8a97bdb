/**
 * What a database looks like, read from its catalog as normalised data, and the difference between two: what each means to a client that was
 * written for the one before. It knows no migration and no release, and changes nothing.
 */
export type { Hazard, Impact, SchemaChange } from './change.ts';
export { compareSchemas } from './compare-schemas.ts';
export type { Grant } from './grant.ts';
export { type LoadSchemaOptions, loadSchema } from './load-schema.ts';
export { qualifiedName } from './qualified-name.ts';
export { renderSchemaChanges } from './render-changes.ts';
export { renderRepairs } from './render-repairs.ts';
export type { Column, Constraint, Index, Policy, Routine, Schema, Sequence, Table, Trigger, View } from './schema.ts';
export type { TypeDefinition } from './type-definition.ts';
