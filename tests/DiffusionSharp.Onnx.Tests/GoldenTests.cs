using Conformance.Networks;
using DiffusionSharp.Onnx.Tests.Kit;
using TestKit;

namespace DiffusionSharp.Onnx.Tests;

/// <summary>Exported networks in ONNX Runtime against the outputs of the reference implementations (goldens 01, 06, 07 and 08).</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Networks => new(GoldenNetwork.Names);

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Networks))]
    public void Agree(string network)
    {
        var golden = GoldenNetwork.Open(network);
        Relative.AssertWithin(golden.Tolerance, golden.Call.Predict(OnnxRuntime.With(new OnnxOptions())), golden.Expected, network);
    }
}
