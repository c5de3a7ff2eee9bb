using System.CommandLine;
using System.Runtime.InteropServices;
using DiffusionSharp.Cli.Display;
using DiffusionSharp.Cli.Inspection;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Torch.Native;
using TorchSharp;

namespace DiffusionSharp.Cli.Commands;

/// <summary><c>ddim doctor</c>: says whether this machine can run everything, and how.</summary>
internal static class DoctorCommand
{
    public const string Help = """
        Example:  ddim doctor

        Checks this machine: libtorch, processor, memory, GPU, and whether the bundled model is there.
        Exit code 7 when libtorch cannot be loaded.

          --json    the findings as JSON
        """;

    public static Command Create(CliHost host)
    {
        var json = JsonOption.Create();
        var command = new Command("doctor") { json };
        command.SetAction(r =>
        {
            var torchStatus = TorchNative.Status;
            var findings = Findings(host, torchStatus);
            JsonOption.Print(host, r.GetValue(json), () => JsonParts.Map(findings), () => string.Join('\n', findings.Select(f => $"{f.Key,-16} {f.Value}")));
            return torchStatus.Loaded ? 0 : throw new DiffusionException(ErrorKind.Device, torchStatus.Error ?? torchStatus.Reason);
        });
        return command;
    }

    private static IReadOnlyList<KeyValuePair<string, string>> Findings(CliHost host, TorchNativeStatus status)
    {
        var memory = GC.GetGCMemoryInfo(GCKind.Any).TotalAvailableMemoryBytes;
        var bundled = ModelOption.BundledFolder(host);
        return
        [
            KeyValuePair.Create("ddim", typeof(DoctorCommand).Assembly.GetName().Version?.ToString(3) ?? "?"),
            KeyValuePair.Create("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}"),
            KeyValuePair.Create("cores", Human.Count(Environment.ProcessorCount)),
            KeyValuePair.Create("simd", Processor.Simd()),
            KeyValuePair.Create("memory", Human.Bytes(memory)),
            KeyValuePair.Create("libtorch", status.Loaded ? $"{status.LibTorchVersion}, {torch.get_num_threads()} threads" : "NOT LOADED"),
            KeyValuePair.Create("native library", status.Library ?? "not found"),
            KeyValuePair.Create("loading", $"{(status.Patched ? "private copy: " : "")}{status.Reason}"),
            KeyValuePair.Create("cuda", status.CudaAvailable ? $"{torch.cuda.device_count()} device(s)" : "none (use --device cpu)"),
            KeyValuePair.Create("bundled model", Directory.Exists(bundled) ? bundled : $"MISSING: {bundled}"),
        ];
    }
}
