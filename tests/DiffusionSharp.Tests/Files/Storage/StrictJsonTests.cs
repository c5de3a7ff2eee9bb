using System.Text.Json;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Tests.Files.Storage;

public class StrictJsonTests
{
    [Theory]
    [InlineData("""{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4, "A": 5}]}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public void Names_that_occur_once_in_their_object_pass(string json) => Assert.Same(json, StrictJson.Checked(json));

    [Theory]
    [InlineData("""{"a": 1, "b": 2, "a": 3}""", "'a' occurs twice")]
    [InlineData("""[{"x": {"a": 1, "\u0061": 3}}]""", "'a' occurs twice")]
    [InlineData("""{"\ud800": 1}""", "not valid text")]
    [InlineData("""{"a": 1""", "")]
    [InlineData("", "")]
    public void What_is_wrong_is_the_parsers_own_error(string json, string says) =>
        Assert.Contains(says, Assert.ThrowsAny<JsonException>(() => StrictJson.Checked(json)).Message);
}
