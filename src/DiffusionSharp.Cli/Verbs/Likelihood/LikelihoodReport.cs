using System.Globalization;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Evaluation.Likelihood;

namespace DiffusionSharp.Cli.Verbs.Likelihood;

/// <summary>A likelihood as text, CSV, JSON, with all that decides its numbers.</summary>
/// <param name="Model">The model.</param>
/// <param name="How">How it was computed, in words.</param>
/// <param name="Total">Bits per dimension.</param>
/// <param name="Prior">The part of x_T.</param>
/// <param name="Chosen">What decided it.</param>
/// <param name="Terms">The bound's terms; none for the flow.</param>
internal sealed record LikelihoodReport(
    string Model, string How, BitsPerDimension Total, double Prior, JsonObject Chosen, IReadOnlyList<VariationalBoundTerm> Terms)
{
    // Where the terms change most: at little noise.
    private static readonly int[] Bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500];

    public static LikelihoodReport FromBound(string model, VariationalBoundResult found, VariationalBoundOptions options) => new(
        model,
        $"variational bound over {found.Terms.Count} timesteps",
        found.Total,
        found.Prior,
        new JsonObject
        {
            ["by"] = "bound",
            ["timesteps"] = found.Terms.Count,
            ["variance"] = options.Variance?.ToString().ToLowerInvariant() ?? "the model's",
            ["clip"] = options.Clip,
            ["seed"] = options.Seed,
        },
        found.Terms);

    public static LikelihoodReport FromFlow(string model, FlowLikelihoodResult found, FlowLikelihoodOptions options) => new(
        model,
        FormattableString.Invariant($"probability flow, {Human.Quantity(options.Probes, "probe")}, tolerance {options.Tolerance}, {found.CallsPerImage:0} calls an image"),
        found.Total,
        found.Prior,
        new JsonObject
        {
            ["by"] = "flow",
            ["probes"] = options.Probes,
            ["tolerance"] = options.Tolerance,
            ["callsPerImage"] = found.CallsPerImage,
            ["seed"] = options.Seed,
        },
        []);

    public string Text()
    {
        var n = Total.Values.Count;
        var summary = string.Create(
            CultureInfo.InvariantCulture,
            $"{Total.Mean:F4} bits/dim, 95 % [{Total.Interval.Low:F4}, {Total.Interval.High:F4}] over {Human.Quantity(n, "image")}: {How}\nof these {Prior:G3} are x_T's\n");
        return Terms.Count == 0 ? summary : $"{summary}t                bits   mse of x0  mse of epsilon\n{string.Concat(Bands().Select(b => b + "\n"))}";
    }

    public string Csv() => string.Concat(
        Terms.Select(t => string.Create(CultureInfo.InvariantCulture, $"term,{t.Timestep},{t.Bits:R},{t.X0Error:R},{t.EpsilonError:R}\n"))
            .Prepend(string.Create(CultureInfo.InvariantCulture, $"prior,,{Prior:R},,\n"))
            .Concat(Total.Values.Select((v, i) => string.Create(CultureInfo.InvariantCulture, $"image,{i},{v:R},,\n")))
            .Prepend("kind,number,bits,x0Mse,epsilonMse\n"));

    public JsonObject Json() => new()
    {
        ["model"] = Model,
        ["bitsPerDimension"] = Total.Mean,
        ["low"] = Total.Interval.Low,
        ["high"] = Total.Interval.High,
        ["images"] = Total.Values.Count,
        ["prior"] = Prior,
        ["settings"] = Chosen,
        ["perImage"] = new JsonArray([.. Total.Values.Select(v => (JsonNode)v)]),
        ["terms"] = new JsonArray([.. Terms.Select(t => (JsonNode)new JsonObject
        {
            ["timestep"] = t.Timestep,
            ["bits"] = t.Bits,
            ["x0Mse"] = t.X0Error,
            ["epsilonMse"] = t.EpsilonError,
        })]),
    };

    // Sums of bits, means of errors.
    private IEnumerable<string> Bands()
    {
        int[] ends = [.. Bounds.Where(b => b < Terms.Count), Terms.Count];
        for (var (first, k) = (0, 0); k < ends.Length; first = ends[k++])
        {
            VariationalBoundTerm[] band = [.. Terms.Skip(first).Take(ends[k] - first)];
            var name = band.Length == 1 ? $"{band[0].Timestep}" : $"{band[0].Timestep}…{band[^1].Timestep}";
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{name,-11}{band.Sum(t => t.Bits),10:F5}{band.Average(t => t.X0Error),12:G3}{band.Average(t => t.EpsilonError),16:G3}");
        }
    }
}
