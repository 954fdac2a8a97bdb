import { describeSwitch } from './switch-suite.ts';
import { BUILTIN } from './switches.ts';

describeSwitch(BUILTIN);
