import { takeOver } from './global';
import { startAll } from './start-all';

takeOver(startAll);
