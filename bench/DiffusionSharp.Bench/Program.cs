using DiffusionSharp.Bench.Micro;
using DiffusionSharp.Bench.Ratios;
using DiffusionSharp.Bench.Solvers;
using DiffusionSharp.Bench.Training;
using DiffusionSharp.Bench.UNets;

switch (args)
{
    case ["ratios", .. var rest]:
        return RatiosCommand.Run(rest);
    case ["micro", .. var rest]:
        return MicroCommand.Run(rest);
    case ["solvers", .. var rest]:
        return SolversCommand.Run(rest);
    case ["unet", .. var rest]:
        return UNetCommand.Run(rest);
    case [UNetMemory.Verb, .. var rest]:
        return UNetMemory.Run(rest);
    case ["training", .. var rest]:
        return TrainingCommand.Run(rest);
    case [TrainingProcess.Verb, .. var rest]:
        return TrainingProcess.Run(rest);
    default:
        Console.Error.WriteLine("""
            usage: ratios [--quick] [--json FILE] [--only PART[,PART…]]   end to end, against plain eager libtorch
                   solvers [--calls N] [--count N] [--model DIR]          error to the ODE's solution at equal network calls
                   unet [--quick] [--json FILE] [--markdown FILE] [--only NETWORK,…]  the managed engine against ONNX Runtime and libtorch
                   training [--quick] [--model NETWORK,…] [--json FILE] [--markdown FILE]  updates on the managed engine against eager libtorch
                   micro [BenchmarkDotNet's options]                      the small parts
            docs/benchmarks.md says what each line means
            """);
        return 2;
}
