using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using DiffusionSharp.Bench.Measuring;

namespace DiffusionSharp.Bench.Ratios;

/// <summary><c>ratios [--quick] [--json FILE] [--only PART,…]</c></summary>
internal static class RatiosCommand
{
    private static readonly (string Name, Func<Sizes, IEnumerable<Line>> Run)[] Parts =
    [
        ("training", TrainingPart.Run),
        ("call", CallPart.Run),
        ("overhead", OverheadPart.Run),
        ("choices", ChoicesPart.Run),
        ("start", StartPart.Run),
    ];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static int Run(string[] args)
    {
        var sizes = Sizes.Full;
        string? json = null;
        var only = Parts.Select(p => p.Name).ToArray();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    sizes = Sizes.Quick;
                    break;
                case "--json" when i + 1 < args.Length:
                    json = args[++i];
                    break;
                case "--only" when i + 1 < args.Length:
                    only = args[++i].Split(',');
                    break;
                default:
                    Console.Error.WriteLine($"ratios: '{args[i]}' is unknown or lacks its value; use --quick, --json FILE, --only PART[,PART…]");
                    return 2;
            }
        }

        if (only.Except(Parts.Select(p => p.Name)).FirstOrDefault() is { } unknown)
        {
            Console.Error.WriteLine($"ratios: no part '{unknown}'; there are {string.Join(", ", Parts.Select(p => p.Name))}");
            return 2;
        }

        var machine = Machine.Read();
        Console.WriteLine(machine);
        if (sizes == Sizes.Quick)
        {
            Console.WriteLine("--quick: tiny networks, to see that the harness works; the numbers mean nothing");
        }

        var lines = new List<Line>();
        foreach (var (name, run) in Parts.Where(p => only.Contains(p.Name)))
        {
            Console.WriteLine();
            ResidentMemory.ResetPeak();
            foreach (var line in run(sizes))
            {
                Add(line);
            }

            // The last part runs another process.
            if (name != "start" && ResidentMemory.Peak() is { } peak)
            {
                Add(new Line(name, "peak resident memory of the process", peak / 1048576.0, null, "MiB"));
            }
        }

        if (json is not null)
        {
            File.WriteAllText(json, JsonSerializer.Serialize(new { machine, quick = sizes == Sizes.Quick, lines }, Json));
        }

        return 0;

        void Add(Line line)
        {
            lines.Add(line);
            Console.WriteLine($"{line.Part,-9} {line.What,-58} {Number(line.Median),11} {(line.Min is null ? "" : "min " + Number(line.Min)),15} {line.Unit,-8} {line.Note}".TrimEnd());
        }
    }

    private static string Number(double? value) => value switch
    {
        null => "—",
        >= 1000 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.0000", CultureInfo.InvariantCulture),
    };
}
