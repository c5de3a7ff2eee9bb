using DiffusionSharp.Bench.Micro;
using DiffusionSharp.Bench.Ratios;

switch (args)
{
    case ["ratios", .. var rest]:
        return RatiosCommand.Run(rest);
    case ["micro", .. var rest]:
        return MicroCommand.Run(rest);
    default:
        Console.Error.WriteLine("""
            usage: ratios [--quick] [--json FILE] [--only PART[,PART…]]   end to end, against plain eager libtorch
                   micro [BenchmarkDotNet's options]                      the small parts
            docs/benchmarks.md says what each line means
            """);
        return 2;
}
