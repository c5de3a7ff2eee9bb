using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using TestKit.Files;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests;

/// <summary>guided-diffusion's classifier, read from its checkpoint, against its definition in float64: logits, and gradients by differences.</summary>
public sealed class ClassifierTests : IDisposable
{
    private const double Step = 1e-4;

    private readonly string path = Path.Combine(Path.GetTempPath(), $"classifier-{Guid.NewGuid():N}.pt");

    public static TheoryData<string> Kinds => new(All.Keys);

    private static Dictionary<string, GuidedClassifierFlags> All { get; } = new()
    {
        ["as released"] = new(),
        ["plain, three levels"] = new() { ChannelMult = [1, 1, 2], NumResBlocks = 2, AttentionResolutions = [4], ScaleShift = false, ResblockUpdown = false, Classes = 3, NumHeadChannels = 32 },
        ["half a width first, attention twice"] = new() { ModelChannels = 64, ChannelMult = [0.5, 1], AttentionResolutions = [1, 2], Classes = 17 },
    };

    public void Dispose() => File.Delete(path);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Logits_and_gradients_are_those_of_the_definition(string kind)
    {
        var flags = All[kind];
        var (shape, reference) = (new ImageShape(3, 8, 8), Write(flags));
        using var classifier = Classifier.Load(path, CpuEngine.Default, shape, flags.NumHeadChannels);
        Assert.Equal(flags.Classes, classifier.Classes);
        float[] x = new float[2 * shape.Elements], logits = new float[2 * flags.Classes], gradient = new float[x.Length];
        CounterNoise.Gaussian(3, 0, x.AsSpan());
        double[] t = [37.5, 800];
        int[] labels = [1, flags.Classes - 1];
        var input = new DenoiserInput { Count = 2, Shape = shape, X = x, Timesteps = t, Labels = labels };
        classifier.Network.Predict(input, logits);
        classifier.Gradient(2.5)(input, gradient);
        for (var n = 0; n < 2; n++)
        {
            var one = x.AsSpan(n * shape.Elements, shape.Elements).ToArray().Select(v => (double)v).ToArray();
            var exact = reference.Logits(one, t[n]);
            Assert.All(exact, (v, k) => Assert.Equal(v, logits[(n * flags.Classes) + k], 1e-4));
            Assert.True(exact.Max() - exact.Min() > 0.1, "the classes differ");

            // Along random directions, and by one value alone.
            var largest = gradient.AsSpan(n * shape.Elements, shape.Elements).ToArray().Max(Math.Abs);
            foreach (var direction in (float[][])[Direction(5), Direction(6), [.. Enumerable.Range(0, shape.Elements).Select(i => i == 77 ? 1f : 0f)]])
            {
                var slope = (At(Step) - At(-Step)) / (2 * Step);
                var along = direction.Select((d, i) => (double)d * gradient[(n * shape.Elements) + i]).Sum();
                Assert.Equal(2.5 * slope, along, 2e-4 * largest * Math.Sqrt(direction.Sum(d => d * d)));

                double At(double h) => reference.LogProbability([.. one.Zip(direction, (v, d) => v + (h * d))], t[n], labels[n]);
            }
        }

        float[] Direction(long stream)
        {
            var direction = new float[shape.Elements];
            CounterNoise.Gaussian(1, stream, direction.AsSpan());
            return direction;
        }
    }

    [Fact]
    public void A_classifier_of_other_images_is_refused()
    {
        Write(All["as released"]);
        Refused("another size than 3×16×16", new(3, 16, 16));
        Refused("another size than 3×4×4", new(3, 4, 4));
        Refused("another size than 3×8×12", new(3, 8, 12));
        Refused("images of 3 channels", new(1, 8, 8));

        void Refused(string says, ImageShape shape)
        {
            var e = Assert.Throws<DiffusionException>(() => Classifier.Load(path, CpuEngine.Default, shape, 16));
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
            Assert.Contains(says, e.Message);
        }
    }

    [Fact]
    public void What_is_no_classifier_is_refused()
    {
        Save(new GuidedFlags().Module());
        Assert.Contains("no classifier of guided-diffusion", Error());
        var flags = new GuidedClassifierFlags();
        Save(flags.Module(), without: "out.2.positional_embedding");
        Assert.Contains("pool by attention", Error());
        Save(flags.Module(), without: "middle_block.1.qkv.bias");
        Assert.Contains("middle_block.1.qkv.bias", Error());

        string Error()
        {
            var e = Assert.Throws<DiffusionException>(() => Classifier.Load(path, CpuEngine.Default, new(3, 8, 8), 16));
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
            return e.Message;
        }
    }

    [Fact]
    public void Labels_must_be_classes_and_the_engine_must_give_derivatives()
    {
        Write(new GuidedClassifierFlags());
        using var classifier = Classifier.Load(path, CpuEngine.Default, new(3, 8, 8), 16);
        Refused("5 of image 1", () => Ask([0, 5]));
        Refused("need 2 labels", () => Ask([]));
        Refused("finite", () => classifier.Gradient(double.NaN));
        Refused("no derivatives", () => Classifier.Load(path, (_, _) => new Blind(), new(3, 8, 8), 16));

        void Ask(int[] labels) => classifier.Gradient(1)(
            new DenoiserInput { Count = 2, Shape = new(3, 8, 8), X = new float[384], Timesteps = [1, 2], Labels = labels }, new float[384]);

        static void Refused(string says, Action act)
        {
            var e = Assert.Throws<DiffusionException>(act);
            Assert.Equal(ErrorKind.Usage, e.Kind);
            Assert.Contains(says, e.Message);
        }
    }

    // Of any engine that only predicts.
    private sealed class Blind : IDenoiser
    {
        public int OutputChannels => 5;

        public void Predict(DenoiserInput input, Span<float> prediction) => prediction.Clear();
    }

    private ReferenceClassifier Write(GuidedClassifierFlags flags) =>
        new(flags, Save(flags.Module()).ToDictionary(t => t.Key, t => Array.ConvertAll(t.Value.Data, v => (double)v)));

    private KeyValuePair<string, HostTensor>[] Save(ReferenceModule module, string? without = null)
    {
        KeyValuePair<string, HostTensor>[] tensors = [.. module.Tensors.Index().Where(t => t.Item.Key != without).Select(t => KeyValuePair.Create(t.Item.Key, Draw(t.Item.Value, t.Item.Key, t.Index)))];
        File.WriteAllBytes(path, TorchWriter.Zip(TorchDict.FromTensors(tensors)));
        return tensors;
    }

    private static HostTensor Draw(int[] shape, string name, long stream)
    {
        var data = new float[shape.Aggregate(1, (a, b) => a * b)];
        CounterNoise.Gaussian(9, stream, data.AsSpan());
        var (mean, deviation) = shape.Length == 1
            ? (name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0, 0.2f)
            : (0, name.EndsWith("embedding", StringComparison.Ordinal) ? 0.5f : MathF.Sqrt((float)shape[0] / data.Length));
        return new HostTensor(shape, Array.ConvertAll(data, v => mean + (deviation * v)));
    }
}
