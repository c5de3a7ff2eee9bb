using DiffusionSharp.Bench.Micro;
using DiffusionSharp.Bench.Ratios;
using DiffusionSharp.Bench.Solvers;

switch (args)
{
    case ["ratios", .. var rest]:
        return RatiosCommand.Run(rest);
    case ["micro", .. var rest]:
        return MicroCommand.Run(rest);
    case ["solvers", .. var rest]:
        return SolversCommand.Run(rest);
    default:
        Console.Error.WriteLine("""
            usage: ratios [--quick] [--json FILE] [--only PART[,PART…]]   end to end, against plain eager libtorch
                   solvers [--calls N] [--count N] [--model DIR]          error to the ODE's solution at equal network calls
                   micro [BenchmarkDotNet's options]                      the small parts
            docs/benchmarks.md says what each line means
            """);
        return 2;
}
