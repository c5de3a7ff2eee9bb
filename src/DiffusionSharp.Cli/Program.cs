using DiffusionSharp.Cli;

return Cli.Run(args, CliHost.Process());
