using DiffusionSharp.Cli;
using DiffusionSharp.Cli.Shell;

return Cli.Run(args, CliHost.Process());
