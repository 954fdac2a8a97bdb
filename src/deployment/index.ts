/**
 * The operator's file: `onward.yaml` from text to a trusted `Deployment`, and the values it refers to. It knows no release and
 * changes nothing.
 */
export { checkClearText } from './check-clear-text.ts';
export { DEPLOYMENT_FILE, loadDeployment } from './load.ts';
export { deploymentSchema } from './schema.ts';
export { resolveDatabaseTargets, resolveEnvironment, resolveScratchTarget, resolveSecret } from './secrets.ts';
