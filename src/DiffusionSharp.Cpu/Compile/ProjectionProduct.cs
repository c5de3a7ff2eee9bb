using System.Numerics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Compile;

/// <summary>
/// Two matrices of equal sides as one: x ↦ B·(A·x + a) + b. Products of two float32 are exact in float64, in which they are added; the sum is
/// rounded once. So its bits depend on neither the vectors' width nor fused instructions.
/// </summary>
internal sealed class ProjectionProduct
{
    private readonly Lazy<(HostTensor Weight, HostTensor Bias)> value;

    /// <param name="inner">A with its bias a.</param>
    /// <param name="outer">B's weights.</param>
    /// <param name="transposed">Whether B is the transpose of these.</param>
    /// <param name="outerBias">b, or null.</param>
    /// <param name="weights">Asked once for each.</param>
    public ProjectionProduct(Projection inner, ParameterSpec outer, bool transposed, ParameterSpec? outerBias, Func<ParameterSpec, HostTensor> weights)
    {
        var sides = inner.Weight.Shape[0];
        var name = $"{inner.Weight.Name}·{outer.Name[CommonModule(inner.Weight.Name, outer.Name)..]}";
        Weight = new ParameterSpec(name, [sides, sides], default);
        Bias = inner.Bias is null && outerBias is null ? null : new ParameterSpec($"{name}, bias", [sides], default);
        value = new(() => Multiply(sides, Data(inner.Weight)!, Data(inner.Bias), Data(outer)!, transposed, Data(outerBias)));

        float[]? Data(ParameterSpec? spec) => spec?.Accept(weights(spec)).Data;
    }

    /// <summary>The product, [C, C].</summary>
    public ParameterSpec Weight { get; }

    /// <summary>Its bias, [C], or null.</summary>
    public ParameterSpec? Bias { get; }

    /// <summary>Computes <see cref="Weight"/> or <see cref="Bias"/>; both are kept from the first call on.</summary>
    public HostTensor Values(ParameterSpec spec) => spec == Weight ? value.Value.Weight : value.Value.Bias;

    // Length of what two names share, up to a dot.
    private static int CommonModule(ReadOnlySpan<char> a, ReadOnlySpan<char> b) => a[..a.CommonPrefixLength(b)].LastIndexOf('.') + 1;

    private static (HostTensor Weight, HostTensor Bias) Multiply(int sides, float[] inner, float[]? innerBias, float[] outer, bool transposed, float[]? outerBias)
    {
        var rows = Array.ConvertAll(inner, v => (double)v);
        var (weight, bias, sums) = (new float[inner.Length], new float[sides], new double[sides]);
        for (var i = 0; i < sides; i++)
        {
            var constant = (double)(outerBias?[i] ?? 0);
            Array.Clear(sums);
            for (var k = 0; k < sides; k++)
            {
                double factor = outer[transposed ? (k * sides) + i : (i * sides) + k];
                Add(factor, rows.AsSpan(k * sides, sides), sums);
                constant += factor * (innerBias?[k] ?? 0);
            }

            bias[i] = (float)constant;
            for (var c = 0; c < sides; c++)
            {
                weight[(i * sides) + c] = (float)sums[c];
            }
        }

        return (new HostTensor([sides, sides], weight), new HostTensor([sides], bias));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(double factor, ReadOnlySpan<double> row, Span<double> sums)
    {
        var c = 0;
        for (; c <= row.Length - Vector<double>.Count; c += Vector<double>.Count)
        {
            var sum = new Vector<double>(sums[c..]) + (new Vector<double>(row[c..]) * factor);
            sum.CopyTo(sums[c..]);
        }

        for (; c < row.Length; c++)
        {
            sums[c] += factor * row[c];
        }
    }
}
