/**
 * What a vendor ships and where it is read from: product.yaml, building a release into a source folder, the catalog, channels and
 * withdrawal. Everything that is read is compared with the digest that names it. It applies nothing to a deployment, and it does not
 * decide which path an upgrade takes.
 */
export { type BuildRequest, type BuiltRelease, buildRelease, type Judgement } from './build-release.ts';
export { chooseVersion, type VersionRequest } from './choose-version.ts';
export { setChannel, withdrawRelease } from './edit-catalog.ts';
export { addRisk, fixRisk, type RiskReport, removeRisk } from './edit-risks.ts';
export { loadProduct, type Product, type ProductService } from './product.ts';
export { loadReleaseDetails } from './release-details.ts';
export { renderChannels, renderReleaseList } from './render-list.ts';
export { listNoteVersions, renderNotes } from './render-notes.ts';
export { renderRelease } from './render-release.ts';
export { renderRisks } from './render-risks.ts';
export { type MigrationFile, openSource, type ReleaseSource } from './source.ts';
