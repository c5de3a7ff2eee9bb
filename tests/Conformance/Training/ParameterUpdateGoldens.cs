using Conformance.Networks;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;
using TestKit;
using TestKit.Networks;

namespace Conformance.Training;

/// <summary>03_train: the managed engine's clip, Adam and average, given the float64 gradients of the reference, update by update.</summary>
public unsafe class ParameterUpdateGoldens
{
    public static TheoryData<string> Cases => new(GoldenRuns.CasesOf("03_train"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Cases))]
    public void Updates_agree_with_the_reference(string name)
    {
        var golden = new GoldenCase(name);
        var norms = golden.Json.GetProperty("grad_norm_before_clip");
        var model = new ErmongroupModel(golden, "init.safetensors");
        var dead = model.Dead(golden);
        var options = GoldenTraining.Options(golden, norms.GetArrayLength());
        var first = new Dictionary<string, long>();
        var length = 0L;
        foreach (var p in model.Graph.Parameters)
        {
            first[p.Name] = length;
            length += (p.Elements + 15) / 16 * 16;
        }

        using AlignedMemory weights = New(), gradient = New(), moments = New(), squares = New(), average = New();
        Write(weights, p => model.Weights[p.Name].Data);
        Write(average, p => model.Weights[p.Name].Data);
        var memory = new ParameterPointers
        {
            Length = length,
            Weights = weights.Floats,
            Gradient = gradient.Floats,
            FirstMoments = moments.Floats,
            SecondMoments = squares.Floats,
            Averages = [average.Floats],
        };
        using var team = new Team(2);
        var update = new ParameterUpdate<Simd256>(team, AdamSettings.FromOptions(options));
        for (var k = 1; k <= norms.GetArrayLength(); k++)
        {
            var batch = GoldenTraining.Batch(golden, model.Schedule, $"_{k}");
            var gradients = new ReferenceGradients(model.Graph, p => Array.ConvertAll(Read(weights, p), v => (double)v)).Compute(LossInputs.FromBatch(batch, options, k - 1));
            Write(gradient, p => Array.ConvertAll(gradients.Parameters[p.Name], v => (float)v));
            var norm = update.Norm(gradient.Floats, length);
            Assert.Equal(1, norm / norms[k - 1].GetDouble(), 1e-5);
            update.Run(memory, norm, k - 1, options.LearningRate);
            var file = new[] { $"ckpt_{k}.safetensors", $"ckpt_{k}_legacy.safetensors" }.FirstOrDefault(f => File.Exists(golden.Path(f)));
            if (file is not null)
            {
                var tolerance = golden.Json.GetProperty("tolerance").EnumerateObject().Single(p => p.Name.StartsWith("params_after_", StringComparison.Ordinal)).Value;
                var live = tolerance.GetProperty("excluding dead_parameters: max abs").GetDouble();
                AssertAgree(weights, "model.", file, (_, _) => live);
                AssertAgree(average, "ema.", file, (v, _) => (2e-7 * k * Math.Abs(v)) + (k * (1 - options.EmaDecays[0]) * live));
                AssertAgree(moments, "adam.exp_avg.", file, (_, largest) => 1e-4 * largest);
                AssertAgree(squares, "adam.exp_avg_sq.", file, (_, largest) => 1e-4 * largest);
            }
        }

        AlignedMemory New()
        {
            var made = new AlignedMemory(sizeof(float) * length);
            new Span<float>(made.Floats, (int)length).Clear();
            return made;
        }

        void Write(AlignedMemory to, Func<ParameterSpec, float[]> values)
        {
            foreach (var p in model.Graph.Parameters)
            {
                values(p).CopyTo(new Span<float>(to.Floats + first[p.Name], (int)p.Elements));
            }
        }

        float[] Read(AlignedMemory from, ParameterSpec p) => new Span<float>(from.Floats + first[p.Name], (int)p.Elements).ToArray();

        // What has no gradient but rounding goes anywhere.
        void AssertAgree(AlignedMemory actual, string prefix, string file, Func<double, double, double> allowed)
        {
            foreach (var (parameter, expected) in ErmongroupModel.Read(golden.Path(file), prefix, model.Config).Where(p => !dead.Contains(p.Key)))
            {
                var found = Read(actual, model.Graph.Parameters.Single(p => p.Name == parameter));
                var largest = expected.Data.Max(Math.Abs);
                for (var i = 0; i < found.Length; i++)
                {
                    var difference = Math.Abs((double)expected.Data[i] - found[i]);
                    Assert.True(difference <= allowed(expected.Data[i], largest), $"{file} {prefix}{parameter}[{i}]: {found[i]:R} is {difference:G3} off");
                }
            }
        }
    }
}
