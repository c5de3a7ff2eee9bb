using DiffusionSharp;
using DiffusionSharp.Cpu;
using DiffusionSharp.Evaluation.FeatureNetworks;
using TestKit;
using TestKit.Files;

namespace Conformance.Evaluation;

/// <summary>09_inception_recipe: pytorch-fid's network with weights that are computed by a recipe, on PNG files.</summary>
public class InceptionGoldens
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Cases => [.. GoldenRuns.CasesOf("09_inception_recipe")];

    public static TheoryData<string, string, InceptionOutput> Outputs => [.. GoldenRuns.CasesOf("09_inception_recipe").SelectMany(name => ((string, InceptionOutput)[])[
        ("features_64", InceptionOutput.FirstPooling), ("features_192", InceptionOutput.SecondPooling), ("features_768", InceptionOutput.Auxiliary), ("features_2048", InceptionOutput.FeaturesAndLogits)],
        (name, output) => (name, output.Item1, output.Item2))];

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Outputs))]
    public void Features_agree(string name, string tensor, InceptionOutput output)
    {
        var golden = new GoldenCase(name);
        using var network = InceptionFeatures.Create(CpuEngine.Default, output, key => Weight(golden, key), weightsHash: "");
        RgbPng[] images = [.. golden.Json.GetProperty("files").EnumerateObject().Select(f => RgbPng.Read(golden.Path(f.Name)))];
        var (features, width) = (network.Features([.. images.SelectMany(i => i.Planes)], new ImageShape(3, images[0].Height, images[0].Width)), golden.Shape(tensor)[1]);
        var expected = golden.Doubles(tensor);
        var largest = expected.Max(Math.Abs);
        Assert.All(expected, (e, i) => Assert.Equal(e, features[(i / width * network.FeatureCount) + (i % width)], Tolerance * largest));
    }

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void Images_are_resized_to_the_last_bit(string name)
    {
        var golden = new GoldenCase(name);
        var (png, shape) = (RgbPng.Read(golden.Path("img/0.png")), golden.Shape("resized_first_rows"));
        var resized = new float[3 * 299 * 299];
        InceptionResize.Resize(png.Planes, new ImageShape(3, png.Height, png.Width), resized);
        Assert.Equal(golden.Floats("resized_first_rows"), Enumerable.Range(0, shape[0]).SelectMany(c => resized.Skip(c * 299 * 299).Take(shape[1] * shape[2])));
    }

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void The_recipe_is_followed(string name)
    {
        var golden = new GoldenCase(name);
        Assert.All(
            golden.Json.GetProperty("probe_first_4_elements").EnumerateObject(),
            probe => Assert.Equal(probe.Value.EnumerateArray().Select(v => v.GetSingle()), Weight(golden, probe.Name).Data.Take(4)));
    }

    private static HostTensor Weight(GoldenCase golden, string key)
    {
        int[] shape = [.. golden.Json.GetProperty("state_dict_keys").EnumerateArray().First(e => e[0].GetString() == key)[1].EnumerateArray().Select(d => d.GetInt32())];
        var (seed, values) = (key.Aggregate(0xCBF29CE484222325, (hash, c) => (hash ^ c) * 0x100000001B3), new float[shape.Aggregate(1, (n, d) => n * d)]);
        for (var i = 0; i < values.Length; i++)
        {
            var u = Uniform(seed + ((ulong)(i + 1) * 0x9E3779B97F4A7C15));
            values[i] = (float)(key switch
            {
                "fc.weight" => ((2 * u) - 1) * Math.Sqrt(3.0 / 2048),
                _ when key.EndsWith(".conv.weight", StringComparison.Ordinal) => ((2 * u) - 1) * Math.Sqrt(6.0 / (shape[1] * shape[2] * shape[3])),
                _ when key.EndsWith(".bn.weight", StringComparison.Ordinal) || key.EndsWith(".running_var", StringComparison.Ordinal) => 0.5 + u,
                _ => 0.2 * ((2 * u) - 1),
            });
        }

        return new HostTensor(shape, values);
    }

    // splitmix64, of which the 53 highest bits are taken.
    private static double Uniform(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * Math.Pow(2, -53);
    }
}
