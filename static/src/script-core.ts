import { takeOver } from './global';
import { start } from './start';

takeOver((options) => start(options));
