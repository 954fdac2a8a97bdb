import { describeSwitchUnderLoad } from './switch-load-suite.ts';
import { describeSwitch } from './switch-suite.ts';
import { BUILTIN } from './switches.ts';

describeSwitch(BUILTIN);
describeSwitchUnderLoad(BUILTIN);
