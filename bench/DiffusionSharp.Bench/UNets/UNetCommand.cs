using System.Text.Encodings.Web;
using System.Text.Json;
using DiffusionSharp.Bench.Measuring;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.UNets;

/// <summary><c>unet</c>: the managed engine beside ONNX Runtime and eager libtorch, whole calls of whole networks.</summary>
internal static class UNetCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static int Run(string[] args)
    {
        UNetOptions options;
        try
        {
            options = UNetOptions.Parse(args);
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine($"unet: {e.Message}\n{UNetOptions.Usage}");
            return 2;
        }

        var machine = Machine.Read();
        double[] peaks = [.. options.Threads.Select(n => PeakRate.Measure(n, seconds: 0.5))];
        Console.WriteLine(machine);
        Console.WriteLine($"peak of float32: {string.Join(", ", peaks.Zip(options.Threads, (p, n) => FormattableString.Invariant($"{p / 1e9:0} GFLOP/s on {n}")))}");
        if (options.Quick)
        {
            Console.WriteLine("--quick: a tiny network, to see that the harness works; the numbers mean nothing");
        }

        Console.WriteLine(UNetTables.Header);
        var rows = new List<UNetRow>();
        foreach (var (network, config) in options.Networks)
        {
            var files = UNetFiles.Write(config);
            try
            {
                rows.AddRange(Measure(network, config, files, options));
            }
            finally
            {
                files.Delete();
            }
        }

        foreach (var line in UNetTables.Health(rows))
        {
            Console.WriteLine(line);
        }

        if (options.Json is not null)
        {
            File.WriteAllText(options.Json, JsonSerializer.Serialize(new { machine, peaks, threads = options.Threads, quick = options.Quick, health = UNetTables.Health(rows), rows }, Json));
        }

        if (options.Markdown is not null)
        {
            File.WriteAllText(options.Markdown, UNetTables.Markdown(machine, peaks, options.Threads, rows));
        }

        return 0;
    }

    private static IEnumerable<UNetRow> Measure(string network, UNetConfig config, UNetFiles files, UNetOptions options)
    {
        var graph = UNet.Build(config);
        var reference = UNetMeasurement.Reference(config, files, options.Threads.Max());
        foreach (var threads in options.Threads)
        {
            using var measurement = new UNetMeasurement(network, config, files, threads, reference, options);
            foreach (var batch in options.Batches.Where(b => options.Takes(graph, b, threads)))
            {
                foreach (var row in measurement.Cell(batch))
                {
                    Console.WriteLine(UNetTables.Line(row));
                    yield return row;
                }

                foreach (var (step, seconds) in options.Steps ? measurement.Steps(batch).Take(20) : [])
                {
                    Console.WriteLine(FormattableString.Invariant($"{1e3 * seconds / batch,10:0.000} ms/image  {step}"));
                }
            }
        }
    }
}
