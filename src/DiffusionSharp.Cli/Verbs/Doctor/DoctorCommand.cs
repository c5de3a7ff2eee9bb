using System.CommandLine;
using System.Runtime.InteropServices;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cpu;

namespace DiffusionSharp.Cli.Verbs.Doctor;

/// <summary><c>ddim doctor</c>: says whether this machine can run everything, and how.</summary>
internal static class DoctorCommand
{
    public const string Help = """
        Example:  ddim doctor

        Checks this machine: processor, memory, the managed engine, which samples and trains, and
        whether the bundled model is there. A build with libtorch looks at that and at a GPU, too:
        exit code 7 when it cannot be loaded or computes wrongly here.

          --engine E    cpu leaves libtorch out [all there are]
          --json        the findings as JSON
        """;

    public static Command Create(CliHost host)
    {
        var json = JsonOption.Create();
        var engine = new EngineOptions().Engine;
        var command = new Command("doctor") { engine, json };
        command.SetAction(r =>
        {
            var (torch, error) = r.Or(engine, EngineKind.Torch) == EngineKind.Cpu ? ([], null) : TorchPart.Examine();
            KeyValuePair<string, string>[] findings = [.. Machine(), .. torch, Bundled(host)];
            JsonOption.Print(host, r.GetValue(json), () => JsonParts.Map(findings), () => string.Join('\n', findings.Select(f => $"{f.Key,-16} {f.Value}")));
            return error is null ? 0 : throw new DiffusionException(ErrorKind.Device, error);
        });
        return command;
    }

    private static IEnumerable<KeyValuePair<string, string>> Machine() =>
    [
        KeyValuePair.Create("ddim", typeof(DoctorCommand).Assembly.GetName().Version?.ToString(3) ?? "?"),
        KeyValuePair.Create("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}"),
        KeyValuePair.Create("cores", Human.Count(Environment.ProcessorCount)),
        KeyValuePair.Create("simd", Processor.Simd()),
        KeyValuePair.Create("managed engine", $"{CpuEngine.VectorBits}-bit vectors, {Environment.ProcessorCount} threads, arithmetic {CpuEngine.ArithmeticVersion}"),
        KeyValuePair.Create("training", "on the managed engine, in float32"),
        KeyValuePair.Create("memory", Human.Bytes(GC.GetGCMemoryInfo(GCKind.Any).TotalAvailableMemoryBytes)),
    ];

    private static KeyValuePair<string, string> Bundled(CliHost host)
    {
        var folder = ModelOption.BundledFolder(host);
        return KeyValuePair.Create("bundled model", Directory.Exists(folder) ? folder : $"MISSING: {folder}");
    }
}
