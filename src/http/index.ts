export { listen, type Route, type Server, type ServerOptions } from './server.ts'
