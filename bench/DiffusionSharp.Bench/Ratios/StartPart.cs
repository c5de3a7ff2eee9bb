using System.Diagnostics;
using DiffusionSharp.Bench.Measuring;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>How long <c>ddim sample</c> takes from its start to one picture of one step: an upper bound of the time to its first network call.</summary>
internal static class StartPart
{
    private const string Part = "start";

    public static IEnumerable<Line> Run(Sizes sizes)
    {
        const string what = "ddim sample --steps 1 --count 1, from start to exit";
        var folder = Directory.CreateTempSubdirectory("ddim-bench-");
        try
        {
            var seconds = new List<double>();
            for (var round = -1; round < 5; round++)
            {
                var (value, problem) = Once(Path.Combine(folder.FullName, "one.png"));
                if (problem is not null)
                {
                    return [new Line(Part, what, null, null, "s", $"not measured: {problem}")];
                }

                if (round >= 0)
                {
                    seconds.Add(value);
                }
            }

            return [Line.FromTiming(Part, new Timing(what, seconds), note: "goal: first network call within 1.5")];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (double Seconds, string? Problem) Once(string picture)
    {
        if (Executable() is not { } ddim)
        {
            return (0, "no built ddim was found; run dotnet build -c Release in the repository first");
        }

        var info = new ProcessStartInfo(ddim, ["sample", "--steps", "1", "--count", "1", "--seed", "0", "--out", picture])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _ = output.Result;
        var last = errors.Result.Trim().Split('\n')[^1];
        return process.ExitCode == 0 ? (seconds, null) : (0, $"ddim ended with {process.ExitCode}: {last}");
    }

    private static string? Executable()
    {
        var name = OperatingSystem.IsWindows() ? "ddim.exe" : "ddim";
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "src", "DiffusionSharp.Cli", "bin", "Release", "net10.0", name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }
}
