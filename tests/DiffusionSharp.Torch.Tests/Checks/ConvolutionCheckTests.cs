using CsCheck;
using DiffusionSharp.Torch.Checks;
using TestKit.Networks;

namespace DiffusionSharp.Torch.Tests.Checks;

public sealed class ConvolutionCheckTests
{
    private const double Tolerance = 1e-4;

    [Fact]
    public void Right_results_pass() => Assert.Null(ConvolutionCheck.FirstWrong((inputs, _) => PlainConvolution.Compute(inputs), Tolerance));

    // What was seen: channels left out, in one layout, forward or backward; NaN.
    [Theory]
    [InlineData("output", false, 0.9f)]
    [InlineData("output", true, float.NaN)]
    [InlineData("gradient of the input", true, 1.2f)]
    [InlineData("gradient of the input", false, float.PositiveInfinity)]
    [InlineData("gradient of the weights", true, 0)]
    [InlineData("gradient of the weights", false, float.NegativeInfinity)]
    public void A_wrong_value_is_found_and_named(string part, bool channelsLast, float factor)
    {
        var found = ConvolutionCheck.FirstWrong(
            (inputs, last) =>
            {
                var results = PlainConvolution.Compute(inputs);
                var values = results.Parts.Single(p => p.Name == part).Values;
                values[Array.IndexOf(values, values.MaxBy(Math.Abs))] *= inputs.Case.Out == 20 && last == channelsLast ? factor : 1;
                return results;
            },
            Tolerance);
        Assert.Contains($"channels {(channelsLast ? "last" : "first")}, {part}: ", found, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plain_convolution_has_the_gradients_of_its_output() => Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5], Gen.Bool.Select(wide => wide ? 3 : 1), Gen.Int[1, 2]).Sample(
        (inputs, outputs, kernel, stride) =>
        {
            // The output is linear in x and in w: for any others x' and w', <y(x', w), g> = <x', dx> and <y(x, w'), g> = <w', dw>.
            var c = ConvolutionInputs.Create(new(inputs, outputs, kernel, stride));
            var results = PlainConvolution.Compute(c);
            float[] otherInput = Reversed(c.Input), otherWeights = Reversed(c.Weights);
            Assert.Equal(Product(c with { Input = otherInput }), Inner(otherInput, results.InputGradient), 1e-3);
            Assert.Equal(Product(c with { Weights = otherWeights }), Inner(otherWeights, results.WeightGradient), 1e-3);
        },
        iter: 100);

    [Theory]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(1, 1)]
    public void The_plain_convolution_is_that_of_the_reference(int kernel, int stride)
    {
        var inputs = ConvolutionInputs.Create(new(5, 4, kernel, stride));
        var c = inputs.Case;
        var shape = new ImageShape(c.In, (int)c.Input[2], (int)c.Input[3]);
        var expected = inputs.Input.Chunk(shape.Elements).SelectMany(x => ReferenceConvolution.Apply(
            ToDouble(x), shape, ToDouble(inputs.Weights), new double[c.Out], kernel, stride, c.Padding));
        Assert.All(expected.Zip(PlainConvolution.Compute(inputs).Output, (right, found) => right - found), error => Assert.Equal(0, error, 1e-5));
    }

    [TorchFact]
    public void Libtorch_is_right_here_in_both_precisions()
    {
        Assert.Null(ConvolutionCheck.Again(TorchSharp.torch.CPU, TorchSharp.torch.ScalarType.Float32).Problem);
        Assert.Null(ConvolutionCheck.Run(TorchSharp.torch.CPU, TorchSharp.torch.ScalarType.BFloat16).Problem);
    }

    private static double Product(ConvolutionInputs c) => Inner(PlainConvolution.Compute(c).Output, c.OutputGradient);

    private static float[] Reversed(float[] values) => [.. values.Reverse()];

    private static double[] ToDouble(float[] values) => Array.ConvertAll(values, v => (double)v);

    private static double Inner(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}
