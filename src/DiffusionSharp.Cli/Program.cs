using DiffusionSharp.Cli;
using DiffusionSharp.Cli.CommandLine;

return Cli.Run(args, CliHost.Process());
