using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Sources;
using DiffusionSharp.Imaging;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Cli.Verbs.Score;

/// <summary><c>ddim score</c>: how many pictures of builtin:shapes are what they should be.</summary>
internal static class ScoreCommand
{
    public const string Help = """
        Example:  ddim sample --count 512 --out samples/ && ddim score samples/

        Says how many pictures in a folder or archive are clean drawings of builtin:shapes, and how
        many show which shape in which hue. The pictures must be square and of one size, 16 to 256.

          --at-least PART   exit code 4 when fewer are recognised, 0.85 or 85%
          --nearest N       also compare each picture with the first N training images of
                            builtin:shapes: how near is the nearest? (0…255 root mean square)
          --seed S          the seed of those training images [0]
          --column NAME     of parquet, where the pictures are [image, else img, else the first]
          --json            the score as JSON
        """;

    public static Command Create(CliHost host)
    {
        var path = new Argument<string>("PATH");
        var atLeast = Parse.Part("--at-least");
        var nearest = Parse.Number<long>("--nearest");
        var seed = Parse.Number<ulong>("--seed");
        var column = DataSource.ColumnOption();
        var json = JsonOption.Create();
        var command = new Command("score") { path, atLeast, nearest, seed, column, json };
        command.SetAction(r =>
        {
            if (r.Has(nearest) && r.GetValue(nearest) < 1)
            {
                throw new DiffusionException(ErrorKind.Usage, $"--nearest: found {r.GetValue(nearest)}; compare with at least 1 training image");
            }

            var (pixels, size) = Read(r.GetValue(path)!, new DataOptions { Channels = 3, Column = r.GetValue(column) });
            var score = ShapesScore.Compute(pixels, size);
            double[]? distances = null;
            if (r.Has(nearest))
            {
                var training = new ShapesSource(size, r.GetValue(seed));
                distances = [.. NearestNeighbour.Find(training, r.GetValue(nearest), pixels, host.Interruption.Token).Select(n => n.Distance)];
            }

            JsonOption.Print(host, r.GetValue(json), () => Json(score, distances), () => Text(score, distances));
            var wanted = r.Or(atLeast, 0);
            return score.Fraction >= wanted ? 0 : throw new DiffusionException(
                ErrorKind.Data,
                FormattableString.Invariant($"{r.GetValue(path)}: {100 * score.Fraction:F1} % are recognised, at least {100 * wanted:0.#} % were asked for"));
        });
        return command;
    }

    private static (byte[] Pixels, int Size) Read(string path, DataOptions options)
    {
        var report = DataCheck.Run(path, options);
        if (report.Bad.Count > 0)
        {
            throw new DiffusionException(ErrorKind.Data, $"{path}: {report.Bad[0]}");
        }

        if (report.Sizes.Count != 1)
        {
            var found = string.Join(", ", report.Sizes.Select(s => s.Key).DefaultIfEmpty("no pictures"));
            throw new DiffusionException(ErrorKind.Data, $"{path}: pictures of one size are scored, found {found}");
        }

        var sides = report.Sizes[0].Key.Split('×');
        if (sides[0] != sides[1] || int.Parse(sides[0], CultureInfo.InvariantCulture) is not (>= 16 and <= 256 and var size))
        {
            throw new DiffusionException(
                ErrorKind.Data,
                $"{path}: the pictures are {report.Sizes[0].Key}; square ones of 16 to 256 are scored");
        }

        using var source = (ImageBatchSource)DataSets.Open(path, options.WithSize(size));
        var pixels = new byte[checked((int)source.ImagesPerEpoch * source.Shape.Elements)];
        for (var i = 0; i < source.ImagesPerEpoch; i++)
        {
            source.ReadStored(i, pixels.AsSpan(i * source.Shape.Elements, source.Shape.Elements));
        }

        return (pixels, size);
    }

    private static string Text(ShapesScore score, double[]? distances)
    {
        List<string> lines =
        [
            FormattableString.Invariant($"{score.Recognised} of {score.Verdicts.Count} pictures are recognised: {100 * score.Fraction:F1} %"),
            $"shapes  {string.Join(", ", Shapes(score).Select(s => $"{s.Key} {s.Value}"))}",
            $"hues    {string.Join(", ", Hues(score).Select(s => $"{s.Key} {s.Value}"))}",
            .. score.Reasons.OrderByDescending(p => p.Value).Select(p => $"refused {p.Value}: {p.Key}"),
        ];
        if (distances is not null)
        {
            var median = distances.Order().ElementAt(distances.Length / 2);
            lines.Add(FormattableString.Invariant($"nearest training image: {distances.Min():F1} at the least, {median:F1} in the median (root mean square, 0…255)"));
        }

        return string.Join('\n', lines);
    }

    private static JsonObject Json(ShapesScore score, double[]? distances)
    {
        var json = new JsonObject
        {
            ["pictures"] = score.Verdicts.Count,
            ["recognised"] = score.Recognised,
            ["fraction"] = score.Fraction,
            ["shapes"] = JsonParts.Map(Shapes(score)),
            ["hues"] = JsonParts.Map(Hues(score)),
            ["refused"] = JsonParts.Map(score.Reasons),
        };
        if (distances is not null)
        {
            json["nearestTrainingImage"] = JsonParts.List(distances.Select(d => Math.Round(d, 3)));
        }

        return json;
    }

    private static IEnumerable<KeyValuePair<string, int>> Shapes(ShapesScore score) =>
        Enum.GetNames<ShapeKind>().Select((n, i) => KeyValuePair.Create(n.ToLowerInvariant(), score.PerShape[i]));

    private static IEnumerable<KeyValuePair<string, int>> Hues(ShapesScore score) =>
        ShapeHue.BinNames.Select((n, i) => KeyValuePair.Create(n, score.PerHueBin[i]));
}
