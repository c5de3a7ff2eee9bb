using System.Text.Encodings.Web;
using System.Text.Json;
using DiffusionSharp.Bench.Measuring;

namespace DiffusionSharp.Bench.Training;

/// <summary><c>training</c>: updates on the managed engine beside eager libtorch, whole ones of whole networks.</summary>
internal static class TrainingCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static int Run(string[] args)
    {
        TrainingArguments arguments;
        try
        {
            arguments = TrainingArguments.Parse(args);
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine($"training: {e.Message}\n{TrainingArguments.Usage}");
            return 2;
        }

        TrainingSubject.LeaveOneDnnAlone();
        var machine = Machine.Read();
        var peak = PeakRate.Measure(arguments.Threads, seconds: 0.5);
        Console.WriteLine(machine);
        Console.WriteLine(FormattableString.Invariant($"peak of float32: {peak / 1e9:0} GFLOP/s on {arguments.Threads}"));
        if (arguments.Quick)
        {
            Console.WriteLine("--quick: tiny networks, to see that the harness works; the numbers mean nothing");
        }

        Console.WriteLine(TrainingTables.Header);
        var rows = new List<TrainingRow>();
        foreach (var (model, batch) in arguments.Cells)
        {
            using var measurement = new TrainingMeasurement(model, batch, arguments);
            foreach (var row in measurement.Rows())
            {
                Console.WriteLine(TrainingTables.Line(row));
                rows.Add(row);
            }

            foreach (var (step, seconds) in arguments.Steps ? measurement.Steps().Take(30) : [])
            {
                Console.WriteLine(FormattableString.Invariant($"{1e3 * seconds / batch,10:0.0000} ms/image  {step}"));
            }
        }

        foreach (var line in TrainingTables.Health(rows))
        {
            Console.WriteLine(line);
        }

        if (arguments.Json is not null)
        {
            File.WriteAllText(arguments.Json, JsonSerializer.Serialize(new { machine, peak, threads = arguments.Threads, quick = arguments.Quick, health = TrainingTables.Health(rows), rows }, Json));
        }

        if (arguments.Markdown is not null)
        {
            File.WriteAllText(arguments.Markdown, TrainingTables.Markdown(machine, peak, arguments.Threads, rows));
        }

        return 0;
    }
}
